"""JEOL SightX on transmission microscopes: XML in the TIFF's description."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, number
from core.formats.reading.clues import Clues
from core.formats.reading.names import shown
from core.formats.reading.source import Finding
from core.formats.reading.xml import find_all, first_text, parse_xml

RANK = 0

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_METRES = {2: 0.0254, 3: 0.01}


def find(clues: Clues) -> Finding | None:
    """Return the camera's pixel divided by the magnification.

    The TIFF resolution is that of the camera, not of the sample. Only an image in a magnification
    mode of the TEM has a length a pixel; diffraction patterns and Ronchigrams have none.
    """
    roots = (parse_xml(text) for text in clues.descriptions if "TemReporter" in text)
    found = (one for root in roots if root is not None for one in find_all(root, "TemReporter"))
    reporter = next(found, None)
    if reporter is None:
        return None
    mode = shown(first_text(reporter, "ImageFormingSystem", "ModeString"))
    # Unlike in a pixel size, a comma here separates thousands.
    selected = first_text(reporter, "ImageFormingSystem", "SelectorValue").replace(",", "")
    magnification = number(selected)
    metadata = {"ModeString": mode, "SelectorValue": str(magnification)}
    is_image = first_text(reporter, "Eos", "EosMode") == "eosTEM" and mode.endswith("MAG")
    tags = (_X_RESOLUTION, _Y_RESOLUTION)
    camera = [pixel for tag in tags if (pixel := _camera_pixel(clues, tag)) is not None]
    if not is_image or not magnification or magnification <= 0 or len(camera) < 2:
        note = f"JEOL mode {mode or 'unknown'} has no length a pixel: not calibrated."
        return Finding(metadata=metadata, notes=(note,))
    x_m, y_m = (pixel / magnification for pixel in camera)
    return Finding([Calibration(x_m, y_m, "JEOL SightX, magnification")], metadata=metadata)


def _camera_pixel(clues: Clues, tag: int) -> float | None:
    stated = clues.tags.get(_RESOLUTION_UNIT, 2)
    unit = _METRES.get(stated, 0.01) if isinstance(stated, int) else 0.01
    resolution = clues.ratio(tag)
    return unit / resolution if resolution else None
