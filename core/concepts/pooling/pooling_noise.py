"""What pooling does to small bright spots and to the noise around them.

A micrograph stands for the true signal; spots are added to it, electrons are counted, and the
pooled counts are compared with the pooled truth. So every number is measured, on any ground.

Source: order statistics, David & Nagaraja 2003, table of normal means; CNR: Rose 1948.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.concepts.pooling.pooling import OPERATIONS, Pooling, pool
from core.concepts.snippet import Snippet
from core.errors import LamellaError
from core.types.arrays import read_only

SPACING = 12
NONE = "none"


@dataclass(frozen=True, eq=False)
class SpottyImage:
    """``truth``: (H, W) without spots and noise. ``noisy``: with both. ``spots``: (H, W) bool."""

    truth: np.ndarray
    noisy: np.ndarray
    spots: np.ndarray

    def __post_init__(self) -> None:
        for name in ("truth", "noisy", "spots"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True)
class SpotScore:
    """What a pooling leaves of the spots, in units of the noise of one pixel.

    ``lift``: how far it raises the ground. ``noise``: standard deviation of the ground.
    ``signal``: mean height of the spots over the raised ground. ``contrast_to_noise``: signal to
    noise.
    """

    operation: str
    lift: float
    noise: float
    signal: float

    @property
    def contrast_to_noise(self) -> float:
        return self.signal / self.noise


def spotty(ground: np.ndarray, contrast: float, dose: float, seed: int = 0) -> SpottyImage:
    """Return a ground with bright spots of one pixel, its electrons counted.

    ``ground``: (H, W), at least 0. ``contrast``: height of a spot to the mean of the ground.
    ``dose``: mean electrons a pixel; Poisson noise.

    Raises:
        LamellaError: a ground without a signal, or a dose or contrast that is not positive.
    """
    mean = float(ground.mean())
    if not (mean > 0 and dose > 0 and contrast > 0):
        raise LamellaError(
            "Spots need a ground that is not black, and a dose and a contrast above 0."
        )
    random = np.random.default_rng(seed)
    spots = np.zeros(ground.shape, bool)
    for top in range(0, ground.shape[0] - SPACING + 1, SPACING):
        for left in range(0, ground.shape[1] - SPACING + 1, SPACING):
            row, column = random.integers(0, SPACING, 2)
            spots[top + row, left + column] = True
    truth = ground.astype(np.float64) / mean
    signal = truth + contrast * spots
    return SpottyImage(truth, random.poisson(signal * dose) / dose, spots)


def spot_scores(image: SpottyImage, window: int, stride: int) -> tuple[SpotScore, ...]:
    """Return the scores without pooling and of each pooling.

    Raises:
        LamellaError: a window larger than the image.
    """
    noise = image.noisy - image.truth
    unit = float(noise[~image.spots].std()) or 1.0
    scores = [_score(NONE, noise / unit, image.spots)]
    touched = pool(image.spots.astype(np.float32), Pooling("max", window, stride)) > 0
    for operation in OPERATIONS:
        pooling = Pooling(operation, window, stride)
        change = (pool(image.noisy, pooling) - pool(image.truth, pooling)) / unit
        scores.append(_score(operation, change, touched))
    return tuple(scores)


def _score(operation: str, change: np.ndarray, spots: np.ndarray) -> SpotScore:
    ground = change[~spots]
    if not ground.size or not spots.any():
        raise LamellaError("Every window holds a spot; choose a smaller window.")
    lift, noise = float(ground.mean()), float(ground.std())
    return SpotScore(operation, lift, noise, float(change[spots].mean()) - lift)


def expected_lift(count: int) -> float:
    """Return the mean of the largest of ``count`` independent standard normal values.

    Source: the integral of x d(Phi(x)^count), by the trapezoidal rule.
    """
    x = np.linspace(-12, 12, 48_001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    step = x[1] - x[0]
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * step)])
    return float(np.sum(x * count * density * below ** (count - 1)) * step)


def snippet(window: int) -> Snippet:
    """Return the lines that give the mean of the largest value of a window of pure noise."""
    count = window * window
    return Snippet(
        "from scipy.integrate import quad\nfrom scipy.stats import norm\n\n"
        f"count = {count}  # pixels in the window\n"
        "mean = quad(lambda x: x * count * norm.pdf(x) * norm.cdf(x) ** (count - 1), -9, 9)[0]\n"
        'print(f"{mean:.4f}")',
        f"{expected_lift(count):.4f}",
    )
