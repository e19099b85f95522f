"""Percentiles of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def percentiles(values: np.ndarray, percent: Sequence[float]) -> np.ndarray:
    """Return what ``np.percentile`` does, to the last bit, (P,) float64.

    ``values``: of any shape and real type, at least one of them, none nan. numpy sorts float32 with
    the processor's vector units, but selects without them, which takes five times as long.
    """
    ordered = np.sort(values, axis=None)
    at = np.true_divide(percent, 100) * (ordered.size - 1)
    below = np.floor(at).astype(np.intp)
    share = at - below
    low, high = ordered[below], ordered[np.minimum(below + 1, ordered.size - 1)]
    step = high - low
    # From the nearer of the two, as numpy does.
    return np.where(share < 0.5, low + step * share, high - step * (1 - share))
