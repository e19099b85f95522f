"""FEI and Thermo Fisher: TIFF tags 34680 (SFEG), 34682 (Helios) and 34683 (XML)."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.reading.calibration import Calibration, metres, number, rows_below
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, known, together
from core.formats.reading.text import ini_sections, lengths
from core.formats.reading.xml import find_all, parse_xml

RANK = 0

_TEXT_TAGS = (34682, 34680)
_XML_TAG = 34683


def find(clues: Clues) -> Finding | None:
    """Return the pixel size of the beam that took the image, and the rows of the data bar."""
    found = []
    for tag in _TEXT_TAGS:
        if sections := _sections(clues, tag):
            pixel = _scan(sections, tag) or _field(sections, tag, clues.shape)
            bar_rows = _bar_rows(sections, clues.shape)
            found.append(Finding(known(pixel), bar_rows, flat_metadata(sections)))
    if pixel := _xml(clues):
        found.append(Finding([pixel]))
    return together(found)


def _sections(clues: Clues, tag: int) -> Mapping:
    """Return the sections of the tag; tifffile leaves text in other encodings undecoded."""
    value = clues.tags.get(tag)
    return value if isinstance(value, Mapping) else ini_sections(clues.text(tag))


def _section(sections: Mapping, name: object) -> Mapping:
    section = sections.get(name)
    return section if isinstance(section, Mapping) else {}


def _image_size(sections: Mapping) -> tuple[int | None, int | None]:
    for name in ("Image", "Scan"):
        section = _section(sections, name)
        values = (number(section.get(key)) for key in ("ResolutionX", "ResolutionY"))
        width, rows = (int(value) if value and value >= 1 else None for value in values)
        if width and rows:
            return width, rows
    return None, None


def _scan(sections: Mapping, tag: int) -> Calibration | None:
    """Return the pixel of the scan; Beam.Scan names the section when there are two beams."""
    beam = _section(sections, "Beam")
    # A camera names no scan; the scans that the file lists beside it took other images.
    others = () if "Scan" in beam else ("EScan", "IScan")
    for name in (beam.get("Scan"), "Scan", *others):
        scan = _section(sections, name)
        x, y = _length(scan.get("PixelWidth")), _length(scan.get("PixelHeight"))
        if x:
            width, rows = _image_size(sections)
            return Calibration(x, y or x, f"FEI tag {tag}", width, rows)
    return None


def _field(sections: Mapping, tag: int, shape: tuple[int, int]) -> Calibration | None:
    """Return field of view over width: navigation cameras have no scan, other makers no pixel."""
    beam = _section(sections, "Beam")
    scan = _section(sections, beam.get("Scan")) or _section(sections, "Scan")
    used = _section(sections, beam.get("Beam")) or _section(sections, "IRBeam")
    width, rows = _image_size(sections)
    fields = (
        (scan.get("HorFieldsize"), scan.get("VerFieldsize")),
        (used.get("HFW"), used.get("VFW")),
        (beam.get("HFW"), beam.get("VFW")),
    )
    for field_x, field_y in ((_length(x), _length(y)) for x, y in fields):
        if field_x:
            x = field_x / (width or shape[1])
            y = field_y / rows if field_y and rows else x
            return Calibration(x, y, f"FEI tag {tag}, field of view", width, rows)
    return None


def _length(value: object) -> float | None:
    """Return metres, of a plain number or of one with a unit; None unless positive."""
    length = number(value)
    if length is None and (found := lengths(str(value))):
        length = metres(*found[0])
    return length if length and length > 0 else None


def _bar_rows(sections: Mapping, shape: tuple[int, int]) -> int | None:
    """Return the rows below the scanned ones; None when the metadata leave it open."""
    width, rows = _image_size(sections)
    stated = number(_section(sections, "PrivateFei").get("DatabarHeight"))
    if rows:
        return rows_below(shape, width, rows)
    return int(stated) if stated and 0 < stated < shape[0] / 2 else None


def _xml(clues: Clues) -> Calibration | None:
    root = parse_xml(clues.text(_XML_TAG))
    if root is None:
        return None
    sizes = []
    for axis in ("X", "Y"):
        element = next(find_all(root, "BinaryResult", "PixelSize", axis), None)
        if element is None or (value := number(element.text)) is None:
            return None
        if (side := metres(value, element.get("unit", ""))) is None:
            return None
        sizes.append(side)
    return Calibration(sizes[0], sizes[1], f"FEI tag {_XML_TAG}")
