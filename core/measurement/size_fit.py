"""A log-normal or gamma distribution fitted to sizes, and how well it describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from scipy.special import digamma, polygamma

from core.errors import DataError

FEWEST_VALUES = 8
SIMULATIONS, MOST_SIMULATED_VALUES = 400, 400
Family = Literal["log-normal", "gamma"]


@dataclass(frozen=True)
class SizeFit:
    """A fitted distribution of sizes.

    ``family``: log-normal with median ``scale`` and standard deviation ``shape`` of ln x, or gamma
    with shape k and scale theta. ``distance``: largest difference of the two cumulative
    distributions (Kolmogorov-Smirnov's D). ``p_value``: the chance of such a distance or a larger
    one where the sizes do come from this family, its parameters estimated from them.
    """

    family: Family
    shape: float
    scale: float
    distance: float
    p_value: float

    def density(self, sizes: np.ndarray) -> np.ndarray:
        """Return the density at sizes (n,), by the reciprocal of their unit."""
        return _distribution(self.family, self.shape, self.scale).pdf(sizes)

    def cumulative(self, sizes: np.ndarray) -> np.ndarray:
        """Return the share (n,) of sizes below each of ``sizes`` (n,)."""
        return _distribution(self.family, self.shape, self.scale).cdf(sizes)

    def in_words(self, unit: str = "") -> str:
        """Parameters and goodness: "log-normal, median 12.1 nm, σ of ln 0.45; ...", in ``unit``."""
        names = ("median", "σ of ln") if self.family == "log-normal" else ("scale", "shape")
        chance = "p < 0.01" if self.p_value < 0.01 else f"p = {self.p_value:.2f}"
        return (
            f"{self.family}, {names[0]} {f'{self.scale:.4g} {unit}'.rstrip()}, "
            f"{names[1]} {self.shape:.3g}; "
            f"Kolmogorov-Smirnov D = {self.distance:.3f}, {chance}"
        )


def fit_sizes(
    sizes: np.ndarray, family: Family, weights: np.ndarray | None = None, seed: int = 0
) -> SizeFit:
    """Fit by maximum likelihood, each size with its weight.

    The p-value comes from simulated samples of the fitted distribution, fitted again (Lilliefors
    1967, doi:10.1080/01621459.1967.10482916); weights count by their effective number, (sum w)^2 /
    sum w^2 (Kish). ``sizes``: (n,) positive, any unit. ``weights``: (n,) positive; None = 1 each.

    Raises:
        DataError: fewer than 8 sizes, all equal ones, or one that is not above 0.
    """
    sizes = np.asarray(sizes, np.float64)
    weights = np.ones(len(sizes)) if weights is None else np.asarray(weights, np.float64)
    if len(sizes) < FEWEST_VALUES:
        raise DataError(f"{len(sizes)} sizes are too few for a fit; {FEWEST_VALUES} are needed.")
    if not sizes.min() > 0 or np.ptp(sizes) == 0:
        raise DataError(
            f"The sizes go from {sizes.min():g} to {sizes.max():g}; a fit needs sizes above 0 that "
            "differ."
        )
    shape, scale = (float(one[0]) for one in _parameters(sizes[None], family, weights[None]))
    distance = float(_distances(sizes[None], family, shape, scale, weights[None])[0])
    effective = weights.sum() ** 2 / (weights**2).sum()
    simulated = _simulated_distances(family, shape, effective, seed)
    reached = np.count_nonzero(simulated >= distance * np.sqrt(effective))
    return SizeFit(family, shape, scale, distance, (reached + 1) / (SIMULATIONS + 1))


def _simulated_distances(family: Family, shape: float, count: float, seed: int) -> np.ndarray:
    """Return D sqrt(n) of samples of the fitted distribution, (SIMULATIONS,); it hardly depends on
    n, so large samples are simulated by smaller ones."""
    count = int(np.clip(count, FEWEST_VALUES, MOST_SIMULATED_VALUES))
    random = np.random.default_rng(seed)
    drawn = _distribution(family, shape, 1.0).rvs((SIMULATIONS, count), random_state=random)
    ones = np.ones_like(drawn)
    shapes, scales = _parameters(drawn, family, ones)
    return _distances(drawn, family, shapes[:, None], scales[:, None], ones) * np.sqrt(count)


def _parameters(
    sizes: np.ndarray, family: Family, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return shape and scale (R,) of each sample (R, n) by maximum likelihood."""
    logarithms, total = np.log(sizes), weights.sum(1)
    mean_log = (weights * logarithms).sum(1) / total
    if family == "log-normal":
        variance = (weights * (logarithms - mean_log[:, None]) ** 2).sum(1) / total
        return np.sqrt(variance), np.exp(mean_log)
    mean = (weights * sizes).sum(1) / total
    gap = np.log(mean) - mean_log
    # Start within 1.5 % (Minka 2002, "Estimating a Gamma distribution"), then Newton's steps.
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(4):
        excess = np.log(shape) - digamma(shape) - gap
        shape = shape - excess / (1 / shape - polygamma(1, shape))
    return shape, mean / shape


def _distances(
    sizes: np.ndarray,
    family: Family,
    shape: np.ndarray | float,
    scale: np.ndarray | float,
    weights: np.ndarray,
) -> np.ndarray:
    """Return Kolmogorov-Smirnov's D (R,) of each sample (R, n)."""
    order = np.argsort(sizes, axis=1)
    share = np.cumsum(np.take_along_axis(weights, order, 1), axis=1)
    share /= share[:, -1:]
    before = np.concatenate([np.zeros((len(share), 1)), share[:, :-1]], axis=1)
    expected = _distribution(family, shape, scale).cdf(np.take_along_axis(sizes, order, 1))
    return np.maximum(share - expected, expected - before).max(axis=1)


def _distribution(
    family: Family, shape: np.ndarray | float, scale: np.ndarray | float
) -> stats.distributions.rv_frozen:
    made = stats.lognorm if family == "log-normal" else stats.gamma
    return made(shape, scale=scale)
