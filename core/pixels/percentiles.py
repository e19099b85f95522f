"""Percentiles of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAMPLED = 8192
"""Values that tell about where a percentile lies."""


def percentiles(values: np.ndarray, percent: Sequence[float]) -> np.ndarray:
    """Return what ``np.percentile`` does, to the last bit, (P,) float64.

    ``values``: of any shape and real type, at least one of them, none nan.
    """
    flat = values.reshape(-1)
    at = np.true_divide(percent, 100) * (flat.size - 1)
    below = np.floor(at).astype(np.intp)
    share = at - below
    sample = np.sort(flat[:: max(1, flat.size // SAMPLED)])
    low, high = np.transpose([_neighbours(flat, sample, rank) for rank in below])
    step = high - low
    # From the nearer of the two, as numpy does.
    return np.where(share < 0.5, low + step * share, high - step * (1 - share))


def _neighbours(flat: np.ndarray, sample: np.ndarray, rank: int) -> np.ndarray:
    """Return the values (2,) of ``rank`` and of the next, 0 for the smallest, of ``flat`` (n,).

    Those between two values of the sorted ``sample`` alone are put in order, where both ranks are
    among them. Source: Floyd and Rivest 1975, doi 10.1145/360680.360691.
    """
    ranks = np.minimum([rank, rank + 1], flat.size - 1)
    middle, margin = rank / flat.size * sample.size, 1.5 * np.sqrt(sample.size)
    least = sample[max(0, int(middle - margin))]
    most = sample[min(sample.size - 1, int(middle + margin) + 1)]
    smaller = np.count_nonzero(flat < least)
    between = np.sort(flat[(flat >= least) & (flat <= most)])
    if smaller <= ranks[0] and ranks[1] < smaller + between.size:
        return between[ranks - smaller]
    return np.sort(flat)[ranks]
