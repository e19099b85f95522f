"""The size distribution of particles: means, D-values, and how sure each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DataError
from core.measurement.bootstrap import RESAMPLES

if TYPE_CHECKING:
    import pandas as pd

# Sizes drawn in all: 6,000 particles are drawn 500 times, few ones 2,000 times.
MOST_DRAWN, FEWEST_RESAMPLES, DRAWN_AT_ONCE = 3_000_000, 400, 12_000
# An interval that reaches further than so many times the value says nothing.
MOST_FACTOR = 100.0
FRACTIONS = np.array([0.1, 0.5, 0.9])
POWERS = (0, 2, 3)
"""Of the diameter in the weight of a particle: by number, by area, by volume."""


@dataclass(frozen=True)
class SizeDistribution:
    """What a list of diameters says; every length in the unit of those diameters.

    ``number_mean``: d[1,0]. ``volume_mean``: d[4,3], the mean weighted by volume. ``sauter_mean``:
    d[3,2], the diameter with the volume to surface ratio of the whole. ``d10``, ``d50``, ``d90``:
    by number, so half of the particles are smaller than ``d50``; ``area_...``, ``volume_...``: half
    of the area, of the volume, is in smaller ones. ``span``: (d90 - d10) / d50. ``intervals``: 95 %
    bootstrap intervals by these names; empty for a single particle. ``effective``: how many equally
    weighted particles would tell as much, (sum w)^2 / sum w^2 (Kish).
    """

    count: int
    number_mean: float
    volume_mean: float
    sauter_mean: float
    d10: float
    d50: float
    d90: float
    area_d10: float
    area_d50: float
    area_d90: float
    volume_d10: float
    volume_d50: float
    volume_d90: float
    span: float
    effective: float
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


NAMES = (
    "number_mean",
    "volume_mean",
    "sauter_mean",
    *(f"{by}d{share}" for by in ("", "area_", "volume_") for share in (10, 50, 90)),
    "span",
)


def size_distribution(
    diameters: np.ndarray, weights: np.ndarray | None = None, seed: int | None = 0
) -> SizeDistribution:
    """Summarize diameters (ISO 9276-2 for the moments).

    ``diameters``: (n,) positive, any unit. ``weights``: (n,) positive, such as
    :func:`edge_weights`; None counts each particle once. ``seed``: of the bootstrap; None leaves
    the intervals out.

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
    order = np.argsort(diameters, kind="stable")
    diameters, weights = diameters[order], weights[order]
    found = _statistics(np.arange(len(diameters))[None], diameters, weights)[0]
    return SizeDistribution(
        count=len(diameters),
        effective=float(weights.sum() ** 2 / (weights**2).sum()),
        intervals={} if seed is None else _intervals(diameters, weights, seed),
        **dict(zip(NAMES, found.tolist(), strict=True)),
    )


def intervals_over_fields(
    diameters: np.ndarray, weights: np.ndarray, fields: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals of the values of a :class:`SizeDistribution` of several fields pooled.

    Particles of one field are no independent sample of all fields, so fields are left out one by
    one: jackknife of the logarithms, with Student's t of n - 1 degrees of freedom. ``diameters``,
    ``weights``: (n,) positive. ``fields``: (n,) which field each is of. Without an interval that
    would reach beyond a hundredth and a hundred times the value; empty for a single field.

    Source: Tukey 1958, Annals of Mathematical Statistics 29:614.
    """
    from scipy.special import stdtrit

    kinds, member = np.unique(fields, return_inverse=True)
    count = len(kinds)
    if count < 2:
        return {}
    order = np.argsort(diameters, kind="stable")
    diameters, weights, member = diameters[order], weights[order], member[order]
    whole = _statistics(np.arange(len(diameters))[None], diameters, weights)[0]
    without = np.concatenate(
        [
            _statistics(np.flatnonzero(member != one)[None], diameters, weights)
            for one in range(count)
        ]
    )
    # Sizes scatter by factors, so their logarithms are left out; a span may be 0.
    least = np.finfo(np.float64).tiny
    without = np.log(np.maximum(without, least))
    error = np.sqrt((count - 1) / count * ((without - without.mean(0)) ** 2).sum(0))
    reach = float(stdtrit(count - 1, 0.975)) * error
    return {
        name: (float(value * np.exp(-one)), float(value * np.exp(one)))
        for name, value, one in zip(NAMES, whole, reach, strict=True)
        if one < np.log(MOST_FACTOR)
    }


def _intervals(
    diameters: np.ndarray, weights: np.ndarray, seed: int
) -> dict[str, tuple[float, float]]:
    """Return percentile bootstrap intervals of sorted ``diameters`` (n,) by name."""
    count = len(diameters)
    if count < 2:
        return {}
    resamples = int(np.clip(MOST_DRAWN // count, FEWEST_RESAMPLES, RESAMPLES))
    found = np.concatenate(
        [_statistics(drawn, diameters, weights) for drawn in _draws(count, resamples, seed)]
    )
    low, high = np.percentile(found, (2.5, 97.5), axis=0)
    return {
        name: (float(one), float(other)) for name, one, other in zip(NAMES, low, high, strict=True)
    }


def _draws(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield rising indices (R, ``count``) drawn with replacement, ``resamples`` rows in all."""
    random = np.random.default_rng(seed)
    # Numbers of 16 bits are sorted by digits, several times as fast.
    kind = np.uint16 if count < 2**16 else np.uint32
    at_once = max(1, DRAWN_AT_ONCE // count)
    for begin in range(0, resamples, at_once):
        rows = min(at_once, resamples - begin)
        yield np.sort(random.integers(count, size=(rows, count), dtype=kind), 1, kind="stable")


def _statistics(drawn: np.ndarray, diameters: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the values of NAMES, (R, k), of samples: ``drawn`` (R, n) rising indices into the
    rising ``diameters`` (n,)."""
    by = [weights]
    for _ in range(4):
        by.append(by[-1] * diameters)
    taken = {power: by[power][drawn] for power in POWERS}
    quantiles = np.concatenate(
        [_quantiles(diameters[drawn], taken[power], FRACTIONS) for power in POWERS], axis=1
    )
    number, area, volume = (taken[power].sum(1) for power in POWERS)
    means = by[1][drawn].sum(1) / number, by[4][drawn].sum(1) / volume, volume / area
    span = (quantiles[:, 2] - quantiles[:, 0]) / quantiles[:, 1]
    return np.column_stack([*means, quantiles, span])


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, fractions: np.ndarray
) -> np.ndarray:
    """Return quantiles by linear interpolation; with equal weights those of ``numpy.quantile``.

    The step between two neighbouring values weighs as much as the two on average. ``values``,
    ``weights``: (n,). ``fractions``: (k,) in [0, 1]. Returns (k,).
    """
    order = np.argsort(values, kind="stable")
    return _quantiles(values[order][None], weights[order][None], np.asarray(fractions))[0]


def _quantiles(values: np.ndarray, weights: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return (R, k) of samples (R, n), values rising."""
    position = np.zeros(values.shape)
    np.cumsum(weights[:, 1:] + weights[:, :-1], axis=1, out=position[:, 1:])
    return np.stack(
        [
            np.interp(fractions * place[-1], place, row)
            for place, row in zip(position, values, strict=True)
        ]
    )


def particles_needed(distribution: SizeDistribution, name: str, precision: float) -> int | None:
    """Return how many particles of such a distribution make the 95 % interval of one of its values
    as narrow as ``precision``, relative half-width, in (0, 1); None of a single particle.

    The width of the interval falls with the square root of the number (ISO 13322-1, annex on the
    number of particles).

    Raises:
        DataError: a precision out of range.
    """
    if not 0 < precision < 1:
        raise DataError(
            f"The precision asked for is {precision:g}; it must lie between 0 and 1, such as 0.05."
        )
    if name not in distribution.intervals:
        return None
    low, high = distribution.intervals[name]
    value = getattr(distribution, name)
    reached = (high - low) / 2 / value
    return int(np.ceil(distribution.count * (reached / precision) ** 2))


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
