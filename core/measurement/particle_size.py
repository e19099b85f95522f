"""The size distribution of particles: means, D-values and how sure the median is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import DataError
from core.measurement.bootstrap import percentile_interval


@dataclass(frozen=True)
class SizeDistribution:
    """What a list of diameters says; every length in the unit of those diameters.

    ``number_mean``: d[1,0]. ``volume_mean``: d[4,3], the mean weighted by volume. ``sauter_mean``:
    d[3,2], the diameter with the volume to surface ratio of the whole. ``d10``, ``d50``, ``d90``:
    number-weighted, so half of the particles are smaller than ``d50``. ``span``: (d90 - d10) / d50.
    ``d50_low``, ``d50_high``: 95 % bootstrap interval, nan for a single particle.
    """

    count: int
    number_mean: float
    volume_mean: float
    sauter_mean: float
    d10: float
    d50: float
    d90: float
    span: float
    d50_low: float
    d50_high: float


def size_distribution(
    diameters: np.ndarray, weights: np.ndarray | None = None, seed: int = 0
) -> SizeDistribution:
    """Summarize diameters (ISO 9276-2 for the moments).

    ``diameters``: (n,) positive, any unit. ``weights``: (n,) positive, such as
    :func:`edge_weights`; None counts each particle once. ``seed``: of the bootstrap.

    Raises:
        DataError: no particle, or lengths that differ.
    """
    diameters = np.asarray(diameters, np.float64)
    weights = np.ones(len(diameters)) if weights is None else np.asarray(weights, np.float64)
    if not len(diameters):
        raise DataError("No particle was measured, so there is no size distribution.")
    if len(weights) != len(diameters):
        raise DataError(
            f"{len(diameters)} diameters came with {len(weights)} weights; one each is needed."
        )
    second, third, fourth = ((weights * diameters**power).sum() for power in (2, 3, 4))
    d10, d50, d90 = weighted_quantiles(diameters, weights, np.array([0.1, 0.5, 0.9]))
    half = np.array([0.5])

    def medians(drawn: np.ndarray) -> np.ndarray:
        return np.array([weighted_quantiles(diameters[i], weights[i], half)[0] for i in drawn])

    low, high = percentile_interval(len(diameters), medians, seed)
    return SizeDistribution(
        count=len(diameters),
        number_mean=float((weights * diameters).sum() / weights.sum()),
        volume_mean=float(fourth / third),
        sauter_mean=float(third / second),
        d10=float(d10),
        d50=float(d50),
        d90=float(d90),
        span=float((d90 - d10) / d50),
        d50_low=low,
        d50_high=high,
    )


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, fractions: np.ndarray
) -> np.ndarray:
    """Return quantiles by linear interpolation; with equal weights those of ``numpy.quantile``.

    The step between two neighbouring values weighs as much as the two on average. ``values``,
    ``weights``: (n,). ``fractions``: (k,) in [0, 1]. Returns (k,).
    """
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    position = np.concatenate([[0], np.cumsum(weights[1:] + weights[:-1])])
    return np.interp(fractions * position[-1], position, values)


def edge_weights(
    heights: np.ndarray, widths: np.ndarray, image_area: tuple[int, int]
) -> np.ndarray:
    """Return how many particles each whole one stands for (Miles-Lantuejoul, ISO 13322-1).

    A large particle is more often cut by the edge and left out, so each whole one counts as
    1 / P with P = (H - h)(W - w) / (H W). ``heights``, ``widths``: (n,) extents of the particles
    that do not touch the edge, same unit as ``image_area`` (H, W). Returns (n,) of at least 1.

    Raises:
        DataError: a particle as large as the image.
    """
    height, width = image_area
    chance = (height - heights) * (width - widths) / (height * width)
    if np.any(heights >= height) or np.any(widths >= width):
        raise DataError(
            "A particle is as large as the image, so no edge correction is possible. Use a lower "
            "magnification, or leave the edge correction out."
        )
    return 1 / chance


def mean_diameter(table: pd.DataFrame) -> float:
    """Return the mean equivalent diameter of the whole objects, each with its edge weight.

    ``table``: of :func:`core.measurement.regions.measure_objects`, whose unit the answer has; nan
    where no object is whole.
    """
    whole = table[~table["touches_edge"].astype(bool)]
    if whole.empty:
        return float("nan")
    column = next(name for name in table if str(name).startswith("equivalent_diameter_"))
    return float(np.average(whole[column], weights=whole["edge_weight"]))
