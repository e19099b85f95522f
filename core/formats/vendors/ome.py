"""OME-TIFF: PhysicalSizeX and PhysicalSizeY in the XML of the description."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding
from core.formats.reading.xml import find_all, parse_xml

RANK = 2

_DESCRIPTION = 270


def find(clues: Clues) -> Finding | None:
    """Return the physical size of the image's pixels; its unit is µm where none is given.

    Source: OME schema 2016-06, element Pixels.
    """
    description = clues.text(_DESCRIPTION)
    if "OME" not in description[:2000] or (root := parse_xml(description)) is None:
        return None
    pixels = list(find_all(root, "Image", "Pixels"))
    if not pixels:
        return None
    image = pixels[min(clues.series, len(pixels) - 1)]
    x_m, y_m = (_physical_size(image, axis) for axis in ("X", "Y"))
    if not x_m:
        return None
    width = int(number(image.get("SizeX")) or 0) or None
    return Finding(Calibration(x_m, y_m or x_m, "OME PhysicalSizeX", width))


def _physical_size(image, axis: str) -> float | None:
    value = number(image.get(f"PhysicalSize{axis}"))
    return metres(value, image.get(f"PhysicalSize{axis}Unit", "µm")) if value else None
