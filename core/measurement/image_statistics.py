"""Numbers that tell one kind of micrograph from another: brightness, contrast, noise, size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.pixels.grey_range import noise_sigma

LARGEST_SIDE = 2048
# Few enough that what is made of one strip stays in the processor's cache.
STRIP_ROWS, STRIP_PIXELS = 32, 65_536


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


def image_statistics(grey: np.ndarray, valid: np.ndarray | None = None) -> ImageStatistics:
    """Return the statistics of ``grey`` (H, W) in [0, 1]; of the middle of a very large image.

    A constant image has no contrast, noise or structure: skewness 0 and ``structure_px`` 0.
    ``valid``: (H, W) bool, the pixels that count, at least one in the middle; None = all.
    """
    grey = np.asarray(_middle(grey), np.float32)
    valid = None if valid is None else _middle(valid)
    levels = grey if valid is None else grey[valid]
    contrast = float(levels.std())
    flat = contrast < 1e-6
    return ImageStatistics(
        mean=float(levels.mean()),
        contrast=contrast,
        skewness=0.0 if flat else _skewness(levels),
        noise=noise_sigma(grey, valid),
        structure_px=0.0 if flat else correlation_length_px(grey, valid),
    )


def _skewness(levels: np.ndarray) -> float:
    """Return the third central moment by the 1.5th power of the second, which is not 0."""
    # scipy.stats has it, and takes a second to import.
    flat, mean = levels.ravel(), levels.mean(dtype=np.float64)
    second = third = 0.0
    for start in range(0, flat.size, STRIP_PIXELS):
        deviation = flat[start : start + STRIP_PIXELS] - mean
        squares = deviation * deviation
        second += float(squares.sum())
        # A product of BLAS would wait for its threads, which a network's may be in the way of.
        third += float(np.einsum("i,i", squares, deviation))
    return third / flat.size / (second / flat.size) ** 1.5


def correlation_length_px(grey: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Return where the autocorrelation, averaged over rows and columns, has fallen to 1/e.

    ``grey``: (H, W), not constant. ``valid``: (H, W) bool, the pixels that count; pairs of them
    alone are compared. In px, between lags by straight lines.
    """
    if valid is None:
        deviation = np.asarray(grey, np.float64) - np.mean(grey)
    else:
        deviation = np.where(valid, np.asarray(grey, np.float64) - np.mean(grey[valid]), 0)
    lags = min(grey.shape) // 2
    along = _autocorrelation(deviation, valid, lags)
    down = _autocorrelation(deviation.T, None if valid is None else valid.T, lags)
    mean = (along + down) / 2
    below = np.flatnonzero(mean < np.exp(-1))
    if not len(below):
        return float(lags)
    last = below[0]
    high, low = mean[last - 1], mean[last]
    return float(last - 1 + (high - np.exp(-1)) / (high - low))


def _autocorrelation(rows: np.ndarray, counted: np.ndarray | None, lags: int) -> np.ndarray:
    """Return the autocorrelation (lags + 1,) along the rows (n, W), 1 at lag 0.

    ``rows`` are 0 where not ``counted`` (n, W) bool, None for all; lags without any pair count as
    0.
    """
    if counted is None:
        pairs = rows.shape[0] * (rows.shape[1] - np.arange(lags + 1.0))
    else:
        pairs = np.rint(_summed_products(counted.astype(np.float64), lags))
    unbiased = _summed_products(rows, lags) / np.maximum(pairs, 1)
    return unbiased / unbiased[0]


def _summed_products(rows: np.ndarray, lags: int) -> np.ndarray:
    """Return the products of pixels that lie 0 to ``lags`` px apart in a row, summed, (lags + 1,);
    over the end of the padded row none comes round that near."""
    length = _even_length(rows.shape[1] + lags)
    power = np.zeros(length // 2 + 1)
    for top in range(0, len(rows), STRIP_ROWS):
        strip = rows[top : top + STRIP_ROWS].astype(np.float32)
        padded = cv2.copyMakeBorder(
            strip, 0, 0, 0, length - strip.shape[1], cv2.BORDER_CONSTANT, value=0
        )
        # Of each row: the first, real and imaginary part of the others by turns, the last.
        spectrum = cv2.dft(padded, flags=cv2.DFT_ROWS)
        squares = np.einsum("ij,ij->j", spectrum, spectrum)
        power[0] += squares[0]
        power[1:-1] += squares[1:-1:2] + squares[2:-1:2]
        power[-1] += squares[-1]
    return np.fft.irfft(power, length)[: lags + 1]


def _even_length(least: int) -> int:
    """Return an even number from ``least`` on of which a Fourier transform is quick."""
    return 2 * cv2.getOptimalDFTSize((least + 1) // 2)


def _middle(grey: np.ndarray) -> np.ndarray:
    """Return the middle of an image (H, W) of more than LARGEST_SIDE px a side."""
    starts = [max(0, (side - LARGEST_SIDE) // 2) for side in grey.shape]
    return grey[starts[0] : starts[0] + LARGEST_SIDE, starts[1] : starts[1] + LARGEST_SIDE]
