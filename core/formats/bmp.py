"""BMP: written by older microscopes."""

from __future__ import annotations

from PIL.BmpImagePlugin import BmpImageFile

from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "BMP"
EXTENSIONS = ("bmp",)


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a BMP does: "BM", four reserved zeros, a known header size."""
    return data[:2] == b"BM" and data[14:18] in {
        size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)
    }


def read(source: Source) -> Decoded:
    """Return the image of ``source``."""
    return read_with(BmpImageFile, source)
