"""Gatan DigitalMicrograph .dm3 and .dm4."""

from __future__ import annotations

from core.formats.reading.rosettasciio import read_isolated
from core.formats.reading.source import Decoded, Source

TITLE = "Gatan DigitalMicrograph"
EXTENSIONS = ("dm3", "dm4")


def sniff(data: bytes) -> bool:
    """Whether ``data`` has the version and byte order at the head of a dm3 or dm4 file."""
    return _version(data) is not None


def read(source: Source) -> Decoded:
    """Return the page of ``source``, through the optional reader."""
    name = f"image.dm{_version(source.data)}"
    return read_isolated(source, "digitalmicrograph", TITLE, {name: source.data})


def _version(data: bytes) -> int | None:
    version = int.from_bytes(data[:4], "big")
    # The length of the rest has 4 bytes in version 3 and 8 in version 4; the byte order follows.
    start = {3: 8, 4: 12}.get(version)
    if start is None or data[start : start + 4] not in (b"\0\0\0\0", b"\0\0\0\1"):
        return None
    return version
