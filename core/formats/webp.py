"""WebP: a format of the web; frames are pages."""

from __future__ import annotations

from PIL.WebPImagePlugin import WebPImageFile

from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "WebP"
EXTENSIONS = ("webp",)


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read(source: Source) -> Decoded:
    """Return the frame of ``source`` that its page names."""
    return read_with(WebPImageFile, source)
