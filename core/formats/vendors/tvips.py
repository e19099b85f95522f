"""TVIPS cameras: TIFF tag 37706."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata

RANK = 0

_TAG = 37706


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, which the header gives in nanometres."""
    values = clues.tags.get(_TAG)
    if not isinstance(values, Mapping) or not values:
        return None
    x, y = number(values.get("PixelSizeX")), number(values.get("PixelSizeY"))
    if not x or x <= 0:
        return Finding(metadata=flat_metadata(values))
    pixel = Calibration(x * 1e-9, (y if y and y > 0 else x) * 1e-9, f"TVIPS tag {_TAG}")
    return Finding(pixel, metadata=flat_metadata(values))
