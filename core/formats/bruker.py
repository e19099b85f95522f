"""Bruker .bcf: images of an EDS or EBSD measurement."""

from __future__ import annotations

from core.formats.reading.rosettasciio import read_isolated
from core.formats.reading.source import Decoded, Source

TITLE = "Bruker BCF"
EXTENSIONS = ("bcf",)


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a Bruker container does."""
    return data.startswith(b"AAMVHFSS")


def read(source: Source) -> Decoded:
    """Return the image of ``source``, through the optional reader; its spectra are left out."""
    return read_isolated(source, "bruker", TITLE, {"image.bcf": source.data})
