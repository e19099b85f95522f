"""OME-TIFF: PhysicalSizeX and PhysicalSizeY in the XML of the description."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from core.formats.reading.calibration import Calibration, metres, number, unset_note
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, known
from core.formats.reading.xml import find_all, parse_xml

RANK = 2


def find(clues: Clues) -> Finding | None:
    """Return the physical size of the image's pixels; its unit is µm where none is given.

    Source: OME schema 2016-06, element Pixels.
    """
    for description in clues.descriptions:
        if "OME" in description[:2000] and (root := parse_xml(description)) is not None:
            images = list(find_all(root, "Image", "Pixels"))
            index = clues.image or 0
            return Finding(known(*map(_calibration, images[index : index + 1])))
    return None


def _calibration(image: Element) -> Calibration | None:
    x_m, y_m = (_physical_size(image, axis) for axis in ("X", "Y"))
    if not x_m:
        return None
    width, rows = (int(number(image.get(f"Size{axis}")) or 0) or None for axis in "XY")
    unit = image.get("PhysicalSizeXUnit", "µm")
    is_one = number(image.get("PhysicalSizeX")) == 1
    doubt = unset_note("OME", f"1.0 {unit}") if is_one else ""
    return Calibration(x_m, y_m or x_m, "OME PhysicalSizeX", width, rows, doubt)


def _physical_size(image: Element, axis: str) -> float | None:
    value = number(image.get(f"PhysicalSize{axis}"))
    return metres(value, image.get(f"PhysicalSize{axis}Unit", "µm")) if value else None
