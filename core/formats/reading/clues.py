"""What a vendor's module may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.formats.reading.names import clean_name, extension
from core.formats.reading.text import decode_text, text_of

_LONGEST_TEXT = 1_000_000
_RESOLUTION_UNIT = 296
_UNITS = {2: "inch", 3: "cm"}
_METRES = {"inch": 0.0254, "cm": 0.01}


@dataclass(frozen=True)
class Clues:
    """Metadata of one page and its file.

    ``shape``: (H, W). ``tags``: TIFF tags of the page by code, those of the first page of the same
    shape where it has none; empty when the file is no TIFF. ``descriptions``: each of its
    ImageDescription tags, of which there may be several. ``sidecars``: bytes of the files beside
    it, by name. ``embedded``: other private data in the file, by name. ``image``: which of the
    images that OME's XML describes this is, from 0; None when that is not known.
    """

    shape: tuple[int, int]
    tags: Mapping[int, object] = field(default_factory=lambda: MappingProxyType({}))
    sidecars: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    embedded: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    descriptions: tuple[str, ...] = ()
    image: int | None = None

    def text(self, code: int) -> str:
        """Return the TIFF tag ``code`` as text, "" when it is not there or not text."""
        return text_of(self.tags.get(code))

    def ratio(self, code: int) -> float | None:
        """Return the rational TIFF tag ``code``, None when it is not there or not positive."""
        value = self.tags.get(code)
        if isinstance(value, tuple) and len(value) == 2 and value[1]:
            value = value[0] / value[1]
        return float(value) if isinstance(value, int | float) and value > 0 else None

    @property
    def resolution_unit(self) -> str:
        """What the TIFF resolution counts pixels by: "inch", "cm", or "" when it names no unit."""
        unit = self.tags.get(_RESOLUTION_UNIT)
        return _UNITS.get(unit, "") if isinstance(unit, int) else ""

    def resolution_m(self, code: int) -> float | None:
        """Return metres a pixel of the TIFF resolution tag ``code``; None when it has no unit.

        A file that leaves the unit out means the inch (TIFF 6.0, page 38).
        """
        unit = "inch" if _RESOLUTION_UNIT not in self.tags else self.resolution_unit
        resolution = self.ratio(code)
        return _METRES[unit] / resolution if unit and resolution else None

    def sidecar_texts(self, *extensions: str) -> list[tuple[str, str]]:
        """Return (name, text) of the sidecars with one of ``extensions``."""
        return [
            (clean_name(name), decode_text(data[:_LONGEST_TEXT]))
            for name, data in self.sidecars.items()
            if extension(name) in extensions
        ]
