"""Numbers that tell one kind of micrograph from another: brightness, contrast, noise, size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft, stats

LARGEST_SIDE = 2048
# The difference of two Laplacians: blind to planes and to edges that are straight.
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of grey levels in [0, 1].

    ``mean``, ``contrast`` (standard deviation) and ``skewness``: of the grey levels. ``noise``:
    standard deviation of white noise. ``structure_px``: distance at which the autocorrelation has
    fallen to 1/e, in px; half the shorter side where it never does.
    """

    mean: float
    contrast: float
    skewness: float
    noise: float
    structure_px: float


def image_statistics(grey: np.ndarray) -> ImageStatistics:
    """Return the statistics of ``grey`` (H, W) in [0, 1]; of the middle of a very large image.

    A constant image has no contrast, noise or structure: skewness 0 and ``structure_px`` 0.
    """
    grey = np.asarray(_middle(grey), np.float32)
    contrast = float(grey.std())
    flat = contrast < 1e-6
    return ImageStatistics(
        mean=float(grey.mean()),
        contrast=contrast,
        skewness=0.0 if flat else float(stats.skew(grey, axis=None)),
        noise=noise_sigma(grey),
        structure_px=0.0 if flat else correlation_length_px(grey),
    )


def noise_sigma(grey: np.ndarray) -> float:
    """Return the standard deviation of the white noise in ``grey`` (H, W), 3 x 3 px or larger.

    Fine texture counts as noise too. Source: Immerkaer 1996, Comput. Vis. Image Underst. 64:300.
    """
    answer = cv2.filter2D(np.asarray(grey, np.float32), cv2.CV_32F, NOISE_KERNEL)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(answer).mean())


def correlation_length_px(grey: np.ndarray) -> float:
    """Return where the autocorrelation, averaged over rows and columns, has fallen to 1/e.

    ``grey``: (H, W), not constant. In px, between lags by straight lines.
    """
    deviation = np.asarray(grey, np.float64) - np.mean(grey)
    lags = min(grey.shape) // 2
    mean = (_autocorrelation(deviation, lags) + _autocorrelation(deviation.T, lags)) / 2
    below = np.flatnonzero(mean < np.exp(-1))
    if not len(below):
        return float(lags)
    last = below[0]
    high, low = mean[last - 1], mean[last]
    return float(last - 1 + (high - np.exp(-1)) / (high - low))


def _autocorrelation(rows: np.ndarray, lags: int) -> np.ndarray:
    """Return the autocorrelation (lags + 1,) along the rows (n, W), 1 at lag 0."""
    width = rows.shape[1]
    spectrum = fft.rfft(rows, 2 * width, axis=1)
    summed = fft.irfft(np.sum(np.abs(spectrum) ** 2, axis=0))[: lags + 1]
    unbiased = summed / (width - np.arange(lags + 1))
    return unbiased / unbiased[0]


def _middle(grey: np.ndarray) -> np.ndarray:
    starts = [max(0, (side - LARGEST_SIDE) // 2) for side in grey.shape]
    return grey[starts[0] : starts[0] + LARGEST_SIDE, starts[1] : starts[1] + LARGEST_SIDE]
