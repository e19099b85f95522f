"""From the length of a scale bar, in the specimen and in px, to the size of a pixel."""

from __future__ import annotations

from math import sqrt

from core.errors import DataError
from core.formats.reading.typed import typed_length_nm
from core.types.pixel_size import PixelSize

END_PX = 1.0
"""How far off an end of a bar is at most, in 95 % of cases; the two are independent."""


def pixel_size_of_bar(nm: float, length_px: float, in_words: str, how: str) -> PixelSize:
    """Return the pixel size of a bar of ``nm`` that is ``length_px`` long.

    ``in_words``: its length as on its label. ``how``: "by hand" or "read".

    Raises:
        LamellaError: no pixel of a micrograph is so large or so small.
    """
    source = f"from the scale bar, {how}: {in_words} = {length_px:.4g} px"
    error = 100 * sqrt(2) * END_PX / length_px
    return PixelSize(nm / length_px, source, error_percent=error)


def pixel_size_by_hand(text: str, length_px: float) -> PixelSize:
    """Return the pixel size from what a user typed a bar to be, and its length in px.

    Raises:
        DataError: ``text`` is no length with a unit, or the bar is shorter than a pixel.
        LamellaError: no pixel of a micrograph is so large or so small.
    """
    if length_px < 1:
        raise DataError(
            f"The bar is {length_px:.2g} px long; drag from one of its ends to the other."
        )
    nm = typed_length_nm(text)
    return pixel_size_of_bar(nm, length_px, " ".join(text.split()), "by hand")
