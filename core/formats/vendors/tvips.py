"""TVIPS cameras: TIFF tag 37706."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, known

RANK = 0

_TAG, _X_RESOLUTION = 37706, 282
_FINEST_PRINT_M = 1e-6
"""Pixels of 1 µm (25 400 to the inch) and more are for paper, not of a transmission microscope."""


def find(clues: Clues) -> Finding | None:
    """Return the pixel size: in nanometres in the header, else the TIFF resolution.

    Headers of the first version have no pixel size; EM-Menu sets the resolution to it.
    """
    values = clues.tags.get(_TAG)
    if not isinstance(values, Mapping) or not values:
        return None
    x, y = number(values.get("PixelSizeX")), number(values.get("PixelSizeY"))
    if not x or x <= 0:
        x_m = None if "PixelSizeX" in values else clues.resolution_m(_X_RESOLUTION)
        pixel = None
        if x_m and x_m < _FINEST_PRINT_M:
            pixel = Calibration(x_m, x_m, f"TVIPS tag {_TAG}, TIFF resolution")
        return Finding(known(pixel), metadata=flat_metadata(values))
    sides = (number(values.get(key)) for key in ("ImageSizeX", "ImageSizeY"))
    width, rows = (int(side) if side and side >= 1 else None for side in sides)
    y = y if y and y > 0 else x
    pixel = Calibration(x * 1e-9, y * 1e-9, f"TVIPS tag {_TAG}", width, rows)
    return Finding([pixel], metadata=flat_metadata(values))
