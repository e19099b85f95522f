"""What a scale bar's label says: a length with its unit, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.formats.reading.calibration import metres

_LABEL = re.compile(r"[^\w.,]*(\d{1,4}(?:[.,]\d{1,2})?)[\s._]{0,2}([nuµμ]m|Å)[^\w]*")
# Times a power of ten; a field width or a date has other digits.
_ROUND = ("1", "15", "2", "25", "3", "35", "4", "5", "6", "7", "75", "8", "9")
_UNITS = {"nm": "nm", "um": "µm", "μm": "µm", "µm": "µm", "Å": "Å"}


@dataclass(frozen=True)
class Length:
    """A length as it was written beside a bar: ``number`` "0.5" and ``unit`` "nm", "µm" or "Å"."""

    number: str
    unit: str

    @property
    def nm(self) -> float:
        """It in nanometres."""
        metre = metres(float(self.number), self.unit)
        assert metre is not None
        return float(f"{1e9 * metre:.12g}")

    @property
    def in_words(self) -> str:
        """The number with its unit: "0.5 µm"."""
        return f"{float(self.number):g} {self.unit}"


def length_of(text: str) -> Length | None:
    """Return the length that ``text`` is, None where it is anything else.

    Only round numbers count, as on scale bars: 1, 2, 5, 200, 0.5, not 592 nm, the width of a field.
    Millimetres do not: beside a micrograph they are the working distance, or a misread nm or µm.
    """
    found = _LABEL.fullmatch(text.strip())
    if found is None:
        return None
    number = found[1].replace(",", ".")
    digits = number.replace(".", "").strip("0")
    if digits not in _ROUND or (number.startswith("0") and not number.startswith("0.")):
        return None
    return Length(number, _UNITS[found[2]])
