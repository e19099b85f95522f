"""Whether a network is as often right as it says: reliability, calibration error, temperature.

Counts are kept by bin, so that those of several images can be added, and divided last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from core.errors import DataError
from core.segmentation.confidence import SMALLEST, at_temperature

BINS = 15
SAMPLED_PIXELS = 16384
FOLDS = 5
TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Pixels by the probability of the phase that won, in 15 bins of equal width over [0, 1].

    ``pixels``: (15,) in each bin, or their weight. ``confidence``, ``right``: (15,) the sum of the
    winner's probability, and the pixels whose label is right. Bin b holds probabilities above
    b / 15 up to (b + 1) / 15. Add two of them for two images.

    Source: Guo et al. 2017, arXiv:1706.04599, section 2.
    """

    pixels: np.ndarray
    confidence: np.ndarray
    right: np.ndarray

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(
            self.pixels + other.pixels,
            self.confidence + other.confidence,
            self.right + other.right,
        )

    @property
    def curve(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean confidence, accuracy and share of the pixels in each bin, (15,) each; nan, nan and 0
        for a bin without pixels."""
        with np.errstate(invalid="ignore", divide="ignore"):
            confidence, accuracy = self.confidence / self.pixels, self.right / self.pixels
        return confidence, accuracy, self.pixels / max(self.pixels.sum(), 1)

    @property
    def expected_calibration_error(self) -> float:
        """Mean of abs(accuracy - confidence) over bins, each weighted by its pixels; in [0, 1], nan
        without pixels (Guo et al. 2017, equation 3)."""
        total = self.pixels.sum()
        return float(np.abs(self.right - self.confidence).sum() / total) if total else float("nan")

    @property
    def overconfidence(self) -> float:
        """Mean confidence minus accuracy over all pixels: above 0 the network claims too much."""
        total = self.pixels.sum()
        return float((self.confidence - self.right).sum() / total) if total else float("nan")


def reliability(
    probabilities: np.ndarray, reference: np.ndarray, weight: float = 1.0
) -> Reliability:
    """Count pixels by the probability of the winning phase.

    ``probabilities``: (C, ...) summing to 1 over C. ``reference``: (...) the right phase, 0 to
    C - 1. ``weight``: of each pixel.

    Raises:
        DataError: shapes that differ.
    """
    _check(probabilities, reference)
    winner = probabilities.argmax(0)
    top = probabilities.max(0).astype(np.float64).ravel()
    bins = np.clip(np.ceil(top * BINS).astype(np.int64) - 1, 0, BINS - 1)
    right = (winner == reference).ravel()
    return Reliability(
        *(
            weight * np.bincount(bins, weights=values, minlength=BINS)
            for values in (np.ones_like(top), top, right)
        )
    )


@dataclass(frozen=True, eq=False)
class PixelSample:
    """Some pixels of one image: ``logarithms`` (C, n) float32 of the probabilities, ``reference``
    (n,) their right phases, ``weight``: pixels of the image that each stands for."""

    logarithms: np.ndarray
    reference: np.ndarray
    weight: float


def sample_pixels(
    probabilities: np.ndarray, reference: np.ndarray, most: int = SAMPLED_PIXELS
) -> PixelSample:
    """Draw at most ``most`` pixels of an image at random, the same ones each time.

    ``probabilities``: (C, H, W). ``reference``: (H, W) right phases.

    Raises:
        DataError: shapes that differ.
    """
    _check(probabilities, reference)
    flat, right = probabilities.reshape(len(probabilities), -1), reference.ravel()
    chosen = np.arange(right.size)
    if right.size > most:
        chosen = np.random.default_rng(0).choice(right.size, most, replace=False)
    logarithms = np.log(np.maximum(flat[:, chosen].astype(np.float32), SMALLEST))
    return PixelSample(logarithms, right[chosen].astype(np.int64), right.size / len(chosen))


def negative_log_likelihood(samples: Sequence[PixelSample], temperature: float) -> float:
    """Return -log of the right phase's probability at ``temperature``, a mean over pixels."""
    total = weight = 0.0
    for one in samples:
        scaled = one.logarithms / temperature
        top = scaled.max(0)
        normalizer = top + np.log(np.exp(scaled - top).sum(0))
        chosen = np.take_along_axis(scaled, one.reference[None], 0)[0]
        total += one.weight * float((normalizer - chosen).sum(dtype=np.float64))
        weight += one.weight * len(one.reference)
    return total / weight


def fit_temperature(samples: Sequence[PixelSample]) -> float:
    """Return the temperature in [0.05, 20] of the smallest negative log-likelihood; above 1 the
    network is too sure. Labels do not change.

    Source: temperature scaling, Guo et al. 2017, arXiv:1706.04599, section 4.2.

    Raises:
        DataError: no pixels.
    """
    if not samples:
        raise DataError("A temperature is fitted to pixels, and there are none.")
    found = minimize_scalar(
        lambda logarithm: negative_log_likelihood(samples, float(np.exp(logarithm))),
        bounds=np.log(TEMPERATURES),
        method="bounded",
        options={"xatol": 1e-3},
    )
    return float(np.exp(found.x))


@dataclass(frozen=True, eq=False)
class Temperature:
    """``value``: fitted to all images. ``before``, ``after``: reliability of sampled pixels without
    it, and with temperatures that were each fitted to other images than those they are applied to.
    ``values``: these temperatures."""

    value: float
    before: Reliability
    after: Reliability
    values: tuple[float, ...]


def cross_fitted(samples: Sequence[PixelSample]) -> Temperature | None:
    """Fit a temperature, and tell what it is worth on images that it was not fitted to.

    Five folds of neighbouring images (of one each when there are fewer), since neighbours in a
    folder often come from one specimen. ``samples``: one an image. None for fewer than two images.
    """
    if len(samples) < 2:
        return None
    before = after = Reliability(*np.zeros((3, BINS)))
    values = []
    for fold in np.array_split(np.arange(len(samples)), min(FOLDS, len(samples))):
        held = set(fold.tolist())
        values.append(fit_temperature([one for i, one in enumerate(samples) if i not in held]))
        for one in (samples[i] for i in fold):
            before += reliability(at_temperature(one.logarithms, 1.0), one.reference, one.weight)
            after += reliability(
                at_temperature(one.logarithms, values[-1]), one.reference, one.weight
            )
    return Temperature(fit_temperature(samples), before, after, tuple(values))


def _check(probabilities: np.ndarray, reference: np.ndarray) -> None:
    if probabilities.shape[1:] != reference.shape:
        raise DataError(
            f"The probabilities have shape {probabilities.shape} and the reference "
            f"{reference.shape}; behind the phases' axis both must be the same."
        )
