"""How far a score would move with other images: the bootstrap over images, not over pixels.

Pixels of one image depend on each other, so an interval from pixels would be far too narrow.
Source: percentile bootstrap, Efron 1979, doi:10.1214/aos/1176344552.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % interval, nan where they cannot be told."""

    value: float
    low: float
    high: float


def percentile_interval(
    count: int, statistic: Callable[[np.ndarray], np.ndarray], seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % interval of a statistic of ``count`` things drawn with replacement; nan for
    fewer than two, or where no draw has a statistic.

    ``statistic``: of the indices (R, ``count``) that R draws took -> (R,), nan of a draw that has
    none; those are left out, where ``scipy.stats.bootstrap`` would give no interval at all.
    """
    if count < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    found = statistic(drawn)
    known = found[~np.isnan(found)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def mean_over_images(values: Sequence[float] | np.ndarray) -> Estimate:
    """Return the mean of one number an image (n,) and its interval; nan is left out, and one image
    alone has no interval."""
    values = np.asarray(values, np.float64)
    known = values[~np.isnan(values)]
    if not len(known):
        return Estimate(*[float("nan")] * 3)
    interval = percentile_interval(len(known), lambda indices: known[indices].mean(1))
    return Estimate(float(known.mean()), *interval)


def median_over_images(values: Sequence[float] | np.ndarray) -> Estimate:
    """Return the median of one number an image (n,) and its interval; nan is left out, and one
    image alone has no interval."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return Estimate(*[float("nan")] * 3)
    interval = percentile_interval(len(known), lambda indices: np.median(known[indices], 1))
    return Estimate(float(np.median(known)), *interval)


def over_all_images(counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """Return a score of counts that were added up over images, and its interval.

    ``counts``: (n, ...) of one image each, such as confusion matrices (n, C, C): images are drawn
    with replacement and the counts of those drawn are added. ``score``: (R, ...) -> (R,), nan where
    a draw cannot be scored. One image alone has no interval.
    """
    value = float(score(counts.sum(0, keepdims=True))[0])
    interval = percentile_interval(
        len(counts), lambda indices: score(np.stack([counts[one].sum(0) for one in indices]))
    )
    return Estimate(value, *interval)
