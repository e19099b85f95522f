"""Phenom .elid: images and spectra of a project."""

from __future__ import annotations

from core.formats.reading.rosettasciio import read_isolated
from core.formats.reading.source import Decoded, Source

TITLE = "Phenom ELID"
EXTENSIONS = ("elid",)


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as bzip2 does, which an .elid is compressed with."""
    return data.startswith(b"BZh") and data[4:10] == b"1AY&SY"


def read(source: Source) -> Decoded:
    """Return the page of ``source``, through the optional reader; pages run over its images."""
    return read_isolated(source, "phenom", TITLE, {"image.elid": source.data})
