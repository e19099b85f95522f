"""A pixel size as somebody types it."""

from __future__ import annotations

from core.errors import DataError
from core.formats.reading.calibration import metres, number
from core.formats.reading.text import lengths
from core.types import PixelSize

EXAMPLES = "0.25 nm, 1.2 \N{MICRO SIGN}m or 0.5 \N{LATIN CAPITAL LETTER A WITH RING ABOVE}"
NM_IN_UM = 1000.0


def typed_pixel_size(text: str) -> PixelSize | None:
    """Return the pixel size that ``text`` names, a plain number in nm; None for an empty one.

    Raises:
        DataError: not one length.
        LamellaError: a length that no pixel of a micrograph has.
    """
    if not text.strip():
        return None
    nm = number(text.strip())
    found = lengths(text)
    if nm is None and len(found) == 1:
        value, unit = found[0]
        metre = metres(value, unit)
        nm = None if metre is None else 1e9 * metre
    if nm is None:
        raise DataError(
            f"The pixel size {text.strip()[:40]!r} is not one length; type a number with its unit, "
            f"such as {EXAMPLES}."
        )
    return PixelSize(float(f"{nm:.12g}"), "typed by user")


def pixel_size_text(size: PixelSize | None) -> str:
    """Return a pixel size as it would be typed, in \N{MICRO SIGN}m from 1000 nm on; "" for None."""
    if size is None:
        return ""
    if size.is_square and size.nm >= NM_IN_UM:
        return f"{size.nm / NM_IN_UM:.5g} \N{MICRO SIGN}m"
    return size.in_words
