"""Which grey levels become black and white where few pixels hold all the contrast."""

from __future__ import annotations

from statistics import NormalDist

import cv2
import numpy as np

# The difference of two Laplacians: blind to planes and to edges that are straight.
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
# Hot pixels, cosmic rays and lost scan lines are narrower than this; objects are not.
BLOB = np.ones((3, 3), np.uint8)
# Interquartile ranges between the 0.5th and the 99.5th percentile: 3.8 of a Gaussian. Two phases
# that each cover a fair share give less, a phase of some per cent gives more.
GAUSSIAN_TAILS = (3.2, 4.6)
_SAMPLED = 1_000_000


def noise_sigma(grey: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Return the standard deviation of the white noise in ``grey`` (H, W), 3 x 3 px or larger.

    Fine texture counts as noise too. ``valid``: (H, W) bool, the pixels that count; where no 3 x 3
    of them lie together the answer is 0. Source: Immerkaer 1996, Comput. Vis. Image Underst.
    64:300.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        levels = np.asarray(grey, np.float32)
    answer = cv2.filter2D(levels, cv2.CV_32F, NOISE_KERNEL)[1:-1, 1:-1]
    if valid is not None:
        answer = answer[cv2.erode(valid.astype(np.uint8), BLOB)[1:-1, 1:-1] > 0]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(answer).mean()) if answer.size else 0.0


def with_sparse_objects(
    values: np.ndarray, low: float, high: float, tail_percent: float, valid: np.ndarray | None
) -> tuple[float, float]:
    """Return ``low`` and ``high``, moved outwards where they would cut off sparse objects.

    Percentiles lie within the noise of the ground when objects cover less than they leave out. That
    is so where the range between them is no wider than white noise makes it, or where the levels
    between them are spread like one Gaussian; and where blobs of 3 x 3 px and more lie beyond them,
    by a quarter of the range in the first case and by all of it in the second. Then the range
    reaches to the blobs' own levels. Every other image keeps ``low`` and ``high`` to the last bit.

    ``values``: (H, W) of any real type. ``low``, ``high``: their percentiles ``tail_percent`` and
    100 - ``tail_percent``. ``valid``: (H, W) bool, the pixels that count; None = all.
    """
    spread = float(high) - float(low)
    if not 0 < spread < np.inf or min(values.shape) < 3:
        return low, high
    if not any(blobs.any() for blobs in _beyond(values, low, high, spread / 4, valid)):
        return low, high
    sigmas = 2 * NormalDist().inv_cdf(1 - tail_percent / 100)
    if spread <= 1.5 * sigmas * noise_sigma(values, valid):
        gap = spread / 4
    elif _one_gaussian(values, spread, sigmas, valid):
        gap = spread
    else:
        return low, high
    dark, bright = _beyond(values, low, high, gap, valid)
    if dark.any():
        low = float(np.percentile(values[dark], tail_percent))
    if bright.any():
        high = float(np.percentile(values[bright], 100 - tail_percent))
    return low, high


def _beyond(
    values: np.ndarray, low: float, high: float, gap: float, valid: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the blobs (H, W) bool that are darker than ``low`` and brighter than ``high``."""
    return _blobs(values < low - gap, valid), _blobs(values > high + gap, valid)


def _blobs(mask: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    if valid is not None:
        mask = mask & valid
    if not mask.any():
        return mask
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, BLOB) > 0


def _one_gaussian(
    values: np.ndarray, spread: float, sigmas: float, valid: np.ndarray | None
) -> bool:
    seen = values.reshape(-1) if valid is None else values[valid]
    quarters = np.percentile(seen[:: max(1, seen.size // _SAMPLED)].astype(np.float64), (25, 75))
    middle = float(quarters[1] - quarters[0])
    if not middle > 0:
        return False
    # As between the percentiles 0.5 and 99.5, whatever ``tail_percent`` is.
    tails = spread / middle * 2 * NormalDist().inv_cdf(0.995) / sigmas
    return GAUSSIAN_TAILS[0] < tails < GAUSSIAN_TAILS[1]
