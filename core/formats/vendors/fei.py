"""FEI and Thermo Fisher: TIFF tags 34680 (SFEG), 34682 (Helios) and 34683 (XML)."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata
from core.formats.reading.xml import find_all, parse_xml

RANK = 0

_TEXT_TAGS = (34682, 34680)
_XML_TAG = 34683


def find(clues: Clues) -> Finding | None:
    """Return the pixel size of the beam that took the image, and the rows of the data bar."""
    for tag in _TEXT_TAGS:
        sections = clues.tags.get(tag)
        if isinstance(sections, Mapping) and sections:
            calibration = _scan(sections, tag) or _field_of_view(sections, tag) or _xml(clues)
            bar_rows = _bar_rows(sections, clues.shape)
            return Finding(calibration, bar_rows, flat_metadata(sections))
    calibration = _xml(clues)
    return Finding(calibration) if calibration else None


def _section(sections: Mapping, name: object) -> Mapping:
    section = sections.get(name)
    return section if isinstance(section, Mapping) else {}


def _image_size(sections: Mapping) -> tuple[int | None, int | None]:
    image = _section(sections, "Image")
    values = (number(image.get(key)) for key in ("ResolutionX", "ResolutionY"))
    width, rows = (int(value) if value and value >= 1 else None for value in values)
    return width, rows


def _scan(sections: Mapping, tag: int) -> Calibration | None:
    """Return the pixel of the scan; Beam.Scan names the section when there are two beams."""
    used = _section(sections, "Beam").get("Scan")
    for name in (used, "Scan", "EScan", "IScan"):
        scan = _section(sections, name)
        x, y = number(scan.get("PixelWidth")), number(scan.get("PixelHeight"))
        if x and x > 0:
            width, rows = _image_size(sections)
            return Calibration(x, y if y and y > 0 else x, f"FEI tag {tag}", width, rows)
    return None


def _field_of_view(sections: Mapping, tag: int) -> Calibration | None:
    """Return field of view over width: navigation cameras have no scan."""
    used = _section(sections, _section(sections, "Beam").get("Beam"))
    beam = used or _section(sections, "IRBeam")
    width, rows = _image_size(sections)
    field_x, field_y = number(beam.get("HFW")), number(beam.get("VFW"))
    if not field_x or not width or field_x <= 0:
        return None
    x = field_x / width
    y = field_y / rows if field_y and field_y > 0 and rows else x
    return Calibration(x, y, f"FEI tag {tag}, field of view", width, rows)


def _bar_rows(sections: Mapping, shape: tuple[int, int]) -> int | None:
    """Return the rows below the scanned ones; None when the metadata leave it open."""
    width, rows = _image_size(sections)
    stated = number(_section(sections, "PrivateFei").get("DatabarHeight"))
    scale = shape[1] / width if width else 1.0
    if rows and 0 < (extra := shape[0] - round(rows * scale)) < shape[0] / 2:
        return extra
    if stated and not rows and 0 < stated * scale < shape[0] / 2:
        return round(stated * scale)
    return None


def _xml(clues: Clues) -> Calibration | None:
    root = parse_xml(clues.text(_XML_TAG))
    if root is None:
        return None
    sizes = []
    for axis in ("X", "Y"):
        element = next(find_all(root, "BinaryResult", "PixelSize", axis), None)
        if element is None or (value := number(element.text)) is None:
            return None
        sizes.append(metres(value, element.get("unit", "")))
    if None in sizes:
        return None
    return Calibration(sizes[0], sizes[1], f"FEI tag {_XML_TAG}")
