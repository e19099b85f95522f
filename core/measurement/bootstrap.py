"""How far a score would move with other images: the bootstrap over images, not over pixels.

Pixels of one image depend on each other, so an interval from pixels would be far too narrow.
Source: percentile bootstrap, Efron 1979, doi:10.1214/aos/1176344552.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % interval, nan where they cannot be told."""

    value: float
    low: float
    high: float


def bootstrap_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean of ``values`` (n,) by resampling them, nan left out."""
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    random = np.random.default_rng(0)
    means = random.choice(values, (RESAMPLES, len(values))).mean(1)
    low, high = np.percentile(means, PERCENTILES)
    return float(low), float(high)


def mean_over_images(values: Sequence[float] | np.ndarray) -> Estimate:
    """Return the mean of one number an image (n,) and its interval; nan is left out, and one image
    alone has no interval."""
    values = np.asarray(values, np.float64)
    known = values[~np.isnan(values)]
    if not len(known):
        return Estimate(*[float("nan")] * 3)
    interval = bootstrap_interval(known) if len(known) > 1 else (float("nan"),) * 2
    return Estimate(float(known.mean()), *interval)


def over_all_images(counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """Return a score of counts that were added up over images, and its interval.

    ``counts``: (n, ...) of one image each, such as confusion matrices (n, C, C): images are drawn
    with replacement and the counts of those drawn are added. ``score``: (R, ...) -> (R,), nan where
    a draw cannot be scored. One image alone has no interval.
    """
    count = len(counts)
    flat = counts.reshape(count, -1).astype(np.float64)
    value = float(score(counts.sum(0, keepdims=True))[0])
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    scores = score((drawn @ flat).reshape(RESAMPLES, *counts.shape[1:]))
    scores = scores[~np.isnan(scores)]
    if count < 2 or not len(scores):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.percentile(scores, PERCENTILES)
    return Estimate(value, float(low), float(high))
