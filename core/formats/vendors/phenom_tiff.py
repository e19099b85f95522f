"""Phenom desktop microscopes: XML in TIFF tag 34683, or inside a JPEG."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, known
from core.formats.reading.text import decode_text
from core.formats.reading.xml import find_all, local_name, parse_xml

RANK = 0

_TAG = 34683
_ROOT = "FeiImage"


def find(clues: Clues) -> Finding | None:
    """Return the pixel size, and the rows of the data bar."""
    text = clues.text(_TAG) or decode_text(clues.embedded.get(_ROOT, b""))
    root = parse_xml(text) if _ROOT in text else None
    if root is None or local_name(root) != _ROOT:
        return None
    sizes: list[float | None] = []
    for name in ("pixelWidth", "pixelHeight"):
        element = next(find_all(root, name), None)
        if element is None or not (value := number(element.text)):
            sizes.append(None)
        else:
            sizes.append(metres(value, element.get("unit", "")))
    bar_element = next(find_all(root, "databarHeight"), None)
    bar_rows = number(bar_element.text) if bar_element is not None else None
    if bar_rows is not None and not 0 <= bar_rows < clues.shape[0] / 2:
        bar_rows = None
    calibration = None
    if sizes[0]:
        calibration = Calibration(sizes[0], sizes[1] or sizes[0], "Phenom XML")
    return Finding(known(calibration), None if bar_rows is None else int(bar_rows))
