"""From a micrograph to what the network sees: crop, grey levels, pixel size."""

from __future__ import annotations

import cv2
import numpy as np

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5


def crop_info_bar(pixels: np.ndarray, info_bar_rows: int) -> np.ndarray:
    """Return ``pixels`` (H, W) without the last ``info_bar_rows`` rows."""
    return pixels[: pixels.shape[0] - info_bar_rows]


def grey_levels(pixels: np.ndarray) -> np.ndarray:
    """Return ``pixels`` (H, W) stretched to [0, 1] float32 between two percentiles.

    The 0.5th percentile becomes 0 and the 99.5th 1; what lies outside is clipped, so that hot
    pixels do not set the contrast. A constant image becomes 0.5 everywhere.
    """
    low, high = np.percentile(pixels, (LOW_PERCENTILE, HIGH_PERCENTILE))
    if high <= low:
        low, high = float(pixels.min()), float(pixels.max())
    if high <= low:
        return np.full(pixels.shape, 0.5, np.float32)
    return np.clip((pixels - low) / (high - low), 0, 1).astype(np.float32)


def resample(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return ``image`` (H, W) float32 at ``shape`` (H, W): area mean down, linear up."""
    if image.shape == shape:
        return image
    shrinks = shape[0] < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (shape[1], shape[0]), interpolation=method)
