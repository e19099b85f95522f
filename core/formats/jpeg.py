"""JPEG: for looking at; its compression moves grey levels."""

from __future__ import annotations

from dataclasses import replace

from PIL.JpegImagePlugin import JpegImageFile

from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "JPEG"
EXTENSIONS = ("jpg", "jpeg")

_LONGEST_HEAD = 1_000_000
_XML_END = b"</FeiImage>"


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a JPEG does."""
    return data.startswith(b"\xff\xd8\xff")


def read(source: Source) -> Decoded:
    """Return the image of ``source``, turned upright by its EXIF orientation."""
    decoded = read_with(JpegImageFile, source)
    embedded = _phenom_xml(source.data)
    note = "JPEG compression changes grey levels; use the microscope's own file where there is one."
    return replace(decoded, embedded=embedded, notes=(*decoded.notes, note))


def _phenom_xml(data: bytes) -> dict[str, bytes]:
    """Return the XML that Phenom microscopes put before the pixels, by the name of its root."""
    head = data[:_LONGEST_HEAD]
    start, end = head.find(b"<FeiImage"), head.find(_XML_END)
    return {"FeiImage": head[start : end + len(_XML_END)]} if 0 <= start < end else {}
