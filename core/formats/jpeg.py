"""JPEG: for looking at; its compression moves grey levels."""

from __future__ import annotations

from dataclasses import replace

from PIL.JpegImagePlugin import JpegImageFile

from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "JPEG"
EXTENSIONS = ("jpg", "jpeg")


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a JPEG does."""
    return data.startswith(b"\xff\xd8\xff")


def read(source: Source) -> Decoded:
    """Return the image of ``source``, turned upright by its EXIF orientation."""
    decoded = read_with(JpegImageFile, source)
    note = "JPEG compression changes grey levels; use the microscope's own file where there is one."
    return replace(decoded, notes=(*decoded.notes, note))
