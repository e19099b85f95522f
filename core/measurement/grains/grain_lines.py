"""Test lines in four directions over a grain map, as far apart as its grains need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.measurement.grains.grain_size import Intercepts, intercepts
from core.measurement.grains.intercept_lines import DIRECTIONS, straight_lines
from core.measurement.grains.line_intercepts import LineIntercepts, cross

FEWEST_LINES = 3
CLOSEST_LINES_PX = 8


def line_spacing_px(grains: np.ndarray) -> int:
    """Return the distance of test lines over ``grains`` (H, W): one mean intercept, and three lines
    a direction at least."""
    mean = intercepts(grains).mean_px
    most = min(grains.shape) // FEWEST_LINES
    wanted = most if np.isnan(mean) else round(mean)
    return max(1, min(most, max(CLOSEST_LINES_PX, wanted)))


def grain_lines(
    grains: np.ndarray, spacing_px: int | None = None, removed: Sequence[int] = ()
) -> LineIntercepts:
    """Lay lines over ``grains`` (H, W) of positive ids, 0 = not image; ``removed``: hits that do
    not count. ``spacing_px``: None = as the grains need."""
    apart = line_spacing_px(grains) if spacing_px is None else spacing_px
    return cross(grains, straight_lines(grains.shape, apart), removed, apart)


def in_short(found: LineIntercepts) -> Intercepts:
    """Return the lengths and hits of each direction alone, in the order of DIRECTIONS."""
    lengths = [found.length_along_px(one) for one in DIRECTIONS]
    return Intercepts(
        length_px=tuple(lengths),
        crossings=tuple(found.hits_along(one) for one in DIRECTIONS),
        every_px=round(found.spacing_px or 1),
        spread=float("nan") if found.spread is None else found.spread,
        grains=found.grains,
    )
