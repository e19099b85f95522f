"""GIF: up to 256 grey levels; frames are pages."""

from __future__ import annotations

from PIL.GifImagePlugin import GifImageFile

from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "GIF"
EXTENSIONS = ("gif",)


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a GIF does."""
    return data[:6] in (b"GIF87a", b"GIF89a")


def read(source: Source) -> Decoded:
    """Return the frame of ``source`` that its page names."""
    return read_with(GifImageFile, source)
