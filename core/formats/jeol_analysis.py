"""JEOL Analysis Station .img."""

from __future__ import annotations

from core.formats.reading.rosettasciio import read_isolated
from core.formats.reading.source import Decoded, Source

TITLE = "JEOL Analysis Station"
EXTENSIONS = ("img",)

_MARK = b"\x34\0\0\0JED-"


def sniff(data: bytes) -> bool:
    """Whether ``data`` names the analyser at its head; other makers use the extension too."""
    return data.startswith(_MARK)


def read(source: Source) -> Decoded:
    """Return the image of ``source``, through the optional reader."""
    return read_isolated(source, "jeol", TITLE, {"image.img": source.data})
