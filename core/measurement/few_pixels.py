"""Objects of too few pixels for their number and size to be trusted, said in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.pixels.resampling import square_pixel_nm
from core.types.pixel_size import PixelSize

if TYPE_CHECKING:
    import pandas as pd

FEW_PIXELS = 10.0
"""Equivalent diameter in px below which size and shape are made of too few pixels."""
MANY = 0.5


def few_pixels_in_words(
    table: pd.DataFrame, too_small: int, minimum_area_px: int, size: PixelSize | None
) -> str | None:
    """Return a sentence where at least half of the objects are under 10 px wide; else None.

    ``table``: of :func:`core.measurement.regions.measure_objects`, of the objects that count.
    ``too_small``: objects below ``minimum_area_px``, left out; of a minimum under which some are
    wider than that, nobody knows how wide they were, and they do not count.
    """
    if minimum_area_px > np.pi / 4 * FEW_PIXELS**2:
        too_small = 0
    column = f"equivalent_diameter_{'px' if size is None else 'nm'}"
    diameters_px = table[column].to_numpy(float) / (1.0 if size is None else square_pixel_nm(size))
    small, every = int(np.sum(diameters_px < FEW_PIXELS)) + too_small, len(table) + too_small
    if not every or small < MANY * every:
        return None
    left_out = f", {too_small:,} of them under {minimum_area_px} px² and left out"
    return (
        f"{small:,} of {every:,} objects are under {FEW_PIXELS:g} px wide"
        f"{left_out if too_small else ''}: a pixel more or less along the outline decides what "
        "they measure and whether they count, so do not trust their number and sizes. Use a higher "
        "magnification."
    )
