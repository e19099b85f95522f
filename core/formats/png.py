"""PNG: the format of the web, also written by TESCAN microscopes."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
from PIL.PngImagePlugin import PngImageFile

from core.formats.reading.grey import Levels, luminance
from core.formats.reading.limits import check_frame
from core.formats.reading.pillow import read_with
from core.formats.reading.source import Decoded, Source

TITLE = "PNG"
EXTENSIONS = ("png",)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TESCAN_CHUNK = b"gIFx"
_CHANNELS = {2: 3, 4: 2, 6: 4}
"""Colour types of several channels (PNG specification, 11.2.2): RGB, grey + alpha, RGBA."""


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a PNG does."""
    return data.startswith(_SIGNATURE)


def read(source: Source) -> Decoded:
    """Return the page of ``source``; 16-bit colour keeps its 16 bits, which Pillow would drop."""
    header = source.data[16:26]
    if len(header) == 10 and header[8] == 16 and (channels := _CHANNELS.get(header[9])):
        return _read_deep(source, header, channels)
    decoded = read_with(PngImageFile, source)
    return replace(decoded, embedded=_vendor_chunks(source.data))


def _vendor_chunks(data: bytes) -> dict[str, bytes]:
    """Return the chunks that hold instrument metadata, by name."""
    found: dict[str, bytes] = {}
    start = len(_SIGNATURE)
    while start + 8 <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        name = data[start + 4 : start + 8]
        if name == _TESCAN_CHUNK:
            found[name.decode()] = data[start + 8 : start + 8 + length]
        start += 12 + length
    return found


def _read_deep(source: Source, header: bytes, channels: int) -> Decoded:
    width, height = (int.from_bytes(header[start : start + 4], "big") for start in (0, 4))
    shape = (height, width, channels)
    check_frame(source.name, shape, 2, len(source.data), source.limits)
    source.check_page(1)
    array = imagecodecs.png_decode(source.data)
    grey = luminance(array) if channels >= 3 else array[..., 0]
    return Decoded(Levels(grey), shape, array.dtype.name)
