"""How large the structures of a micrograph are, to set a receptive field beside them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

BLUR_PX = 1.5
SHADING_PARTS = 16


@dataclass(frozen=True)
class StructureSize:
    """``px``: a typical diameter. ``how``: where the number comes from, to follow "from".

    ``place``: (row, column) of one of them, the image's middle where none is known.
    """

    px: float
    how: str
    place: tuple[int, int]


def structure_size(pixels: np.ndarray, truth: np.ndarray | None = None) -> StructureSize:
    """Return a typical diameter of what is to be seen, in px.

    ``pixels``: (H, W) grey levels. ``truth``: (H, W) labels of a synthetic sample, 0 = background;
    with it, the median equivalent diameter of the true regions; without, twice the shift at which
    the image's autocorrelation falls below 1/e, averaged over all directions, with shading and
    noise taken away first.
    """
    if truth is not None and truth.any():
        return _true_size(truth, pixels)
    middle = pixels.shape[0] // 2, pixels.shape[1] // 2
    return StructureSize(
        _correlation_diameter(pixels), "the image's autocorrelation, so roughly", middle
    )


def _true_size(truth: np.ndarray, pixels: np.ndarray) -> StructureSize:
    _, regions, statistics, centres = cv2.connectedComponentsWithStats((truth > 0).astype(np.uint8))
    diameters = 2 * np.sqrt(statistics[1:, cv2.CC_STAT_AREA] / np.pi)
    unusual = np.abs(diameters / np.median(diameters) - 1)
    # Of those that are about as large, a clear one near the middle.
    from_middle = np.abs(centres[1:] / truth.shape[::-1] - 0.5).max(1)
    grey = np.bincount(regions.ravel(), pixels.ravel()) / np.bincount(regions.ravel())
    contrast = np.abs(grey[1:] - grey[0])
    clear = contrast / (contrast.max() or 1.0)
    column, row = centres[1 + np.argmin(unusual + from_middle - clear)]
    how = "the sample's true regions, their median"
    return StructureSize(float(np.median(diameters)), how, (round(row), round(column)))


def _correlation_diameter(pixels: np.ndarray) -> float:
    image = np.ascontiguousarray(pixels, np.float32)
    shading = cv2.GaussianBlur(image, (0, 0), min(image.shape) / SHADING_PARTS)
    smooth = cv2.GaussianBlur(image - shading, (0, 0), BLUR_PX)
    power = np.abs(np.fft.rfft2(smooth - smooth.mean())) ** 2
    correlation = np.fft.irfft2(power, smooth.shape)
    rows, columns = (np.fft.fftfreq(length, 1 / length) for length in smooth.shape)
    ring = np.rint(np.hypot(rows[:, None], columns)).astype(int)
    profile = np.bincount(ring.ravel(), correlation.ravel()) / np.bincount(ring.ravel())
    below = np.flatnonzero(profile < profile[0] / np.e)
    return float(2 * max(below[0] if len(below) else min(pixels.shape) // 4, 1))
