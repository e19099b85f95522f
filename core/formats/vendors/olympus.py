"""Olympus Soft Imaging Solutions: TIFF tags 33560 and 33471."""

from __future__ import annotations

from collections.abc import Mapping

from tifffile import TiffPage

from core.formats.reading.calibration import Calibration, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata

RANK = 0

_TAGS = (33560, 33471)


def is_image(page: TiffPage) -> bool:
    """Whether ``page`` is the image: the first page of such a file is an RGB preview."""
    return any(tag in page.tags for tag in _TAGS)


def find(clues: Clues) -> Finding | None:
    """Return the pixel size."""
    found: list[Calibration] = []
    metadata: dict[str, str] = {}
    for tag in _TAGS:
        values = clues.tags.get(tag)
        if not isinstance(values, Mapping):
            continue
        x, y = number(values.get("pixelsizex")), number(values.get("pixelsizey"))
        if x and x > 0:
            found.append(Calibration(x, y if y and y > 0 else x, f"Olympus tag {tag}"))
            metadata = flat_metadata(values) | metadata
    return Finding(found, metadata=metadata) if found else None
