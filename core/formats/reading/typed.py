"""A pixel size as somebody types it."""

from __future__ import annotations

import math
import re

from core.errors import DataError
from core.formats.reading.calibration import metres
from core.types.pixel_size import PixelSize

MICRO, ANGSTROM = "\N{MICRO SIGN}m", "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}"
EXAMPLES = f"0.25 nm, 1.2 {MICRO}, 0.5 {ANGSTROM}, or 10 x 16 nm for width x height"
NM_IN_UM = 1000.0
_SIDES = re.compile(r"\s*[x\N{MULTIPLICATION SIGN}]\s*(?=[-+\d.,])", re.IGNORECASE)
_SIDE = re.compile(r"([-+]?[\d.,]+(?:e[-+]?\d+)?)\s*([^\d\s].*)?", re.IGNORECASE)


def typed_pixel_size(text: str) -> PixelSize | None:
    """Return the pixel size that ``text`` names, None for an empty one.

    A plain number is in nm. Two numbers are width and height; a unit behind the second is that of
    both.

    Raises:
        DataError: neither one length nor two.
        LamellaError: a length that no pixel of a micrograph has.
    """
    if not text.strip():
        return None
    found = [_SIDE.fullmatch(part) for part in _SIDES.split(text.strip())]
    sides = [_nm(one[1], one[2] or _unit_behind(found)) for one in found if one]
    lengths = [side for side in sides if side is not None]
    if len(found) > 2 or len(lengths) < len(found):
        raise DataError(
            f"The pixel size {text.strip()[:40]!r} is not a length; type a number with its unit, "
            f"such as {EXAMPLES}."
        )
    width, height = lengths[0], lengths[-1]
    return PixelSize(width, "typed by user", None if height == width else height)


def typed_length_nm(text: str) -> float:
    """Return the length that ``text`` names, in nm; its unit must be there.

    Raises:
        DataError: it is none, or not above 0.
    """
    found = _SIDE.fullmatch(text.strip())
    length = _nm(found[1], found[2]) if found and found[2] else None
    if length is None or not 0 < length < math.inf:
        raise DataError(
            f"{text.strip()[:40]!r} is not a length with its unit; type it as on the label of the "
            f"scale bar, such as 200 nm, 0.5 {MICRO} or 5 {ANGSTROM}."
        )
    return length


def _unit_behind(sides: list[re.Match[str] | None]) -> str:
    last = sides[-1]
    return (last[2] if last else None) or "nm"


def _nm(number: str, unit: str) -> float | None:
    """Return a typed length in nm; None where it is none."""
    try:
        value = float(number.replace(",", ".") if number.count(",") == 1 else number)
    except ValueError:
        return None
    metre = metres(value, unit)
    if metre is None or not math.isfinite(metre):
        return metre
    return float(f"{1e9 * metre:.12g}")


def pixel_size_text(size: PixelSize | None) -> str:
    """Return a pixel size as it would be typed, in \N{MICRO SIGN}m from 1000 nm on; "" for None."""
    if size is None:
        return ""
    if size.is_square and size.nm >= NM_IN_UM:
        return f"{size.nm / NM_IN_UM:.5g} {MICRO}"
    return size.in_words
