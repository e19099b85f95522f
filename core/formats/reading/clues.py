"""What a vendor's module may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.formats.reading.names import clean_name, extension
from core.formats.reading.text import decode_text

_LONGEST_TEXT = 1_000_000
_RESOLUTION_UNIT = 296
_METRES = {2: 0.0254, 3: 0.01}


@dataclass(frozen=True)
class Clues:
    """Metadata of one page and its file.

    ``shape``: (H, W). ``tags``: TIFF tags of the page by code, those of the first page where it
    has none; empty when the file is no TIFF. ``sidecars``: bytes of the files beside it, by name.
    ``embedded``: other private data in the file, by name. ``series``: the page belongs
    to, from 0.
    """

    shape: tuple[int, int]
    tags: Mapping[int, object] = field(default_factory=lambda: MappingProxyType({}))
    sidecars: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    embedded: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    series: int = 0

    def text(self, code: int) -> str:
        """Return the TIFF tag ``code`` as text, "" when it is not there or not text."""
        value = self.tags.get(code)
        if isinstance(value, bytes):
            value = decode_text(value)
        return value.rstrip("\0") if isinstance(value, str) else ""

    def ratio(self, code: int) -> float | None:
        """Return the rational TIFF tag ``code``, None when it is not there or not positive."""
        value = self.tags.get(code)
        if isinstance(value, tuple) and len(value) == 2 and value[1]:
            value = value[0] / value[1]
        return float(value) if isinstance(value, int | float) and value > 0 else None

    def resolution_m(self, code: int) -> float | None:
        """Return metres a pixel of the TIFF resolution tag ``code``; None when it has no unit."""
        unit = _METRES.get(int(self.tags.get(_RESOLUTION_UNIT, 2)))
        resolution = self.ratio(code)
        return unit / resolution if unit and resolution else None

    def sidecar_texts(self, *extensions: str) -> list[tuple[str, str]]:
        """Return (name, text) of the sidecars with one of ``extensions``."""
        return [
            (clean_name(name), decode_text(data[:_LONGEST_TEXT]))
            for name, data in self.sidecars.items()
            if extension(name) in extensions
        ]
