"""What bends or marks a recorded image: a drifting stage, a charging specimen."""

from __future__ import annotations

import cv2
import numpy as np

# Gaussian correlation of the displacement, in px: bends, no ripples.
SMOOTHNESS_PX = 24.0
STREAKS = (1, 8)
STREAK_ROWS = (1, 4)


def displacement(
    shape: tuple[int, int], amplitude_px: float, random: np.random.Generator
) -> np.ndarray:
    """Return a smooth random displacement (2, H, W) float32 of rows and columns.

    Its largest value is ``amplitude_px``.

    Source: elastic distortion, Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801.
    """
    # Drawn on a coarse grid and enlarged: as smooth, and a hundred times less to filter.
    coarse = tuple(max(2, round(side / 8)) for side in shape)
    drawn = random.uniform(-1, 1, (2, *coarse)).astype(np.float32)
    smooth = [cv2.GaussianBlur(one, (0, 0), SMOOTHNESS_PX / 8) for one in drawn]
    field = np.stack(
        [cv2.resize(one, shape[::-1], interpolation=cv2.INTER_CUBIC) for one in smooth]
    )
    return field * (amplitude_px / max(float(np.abs(field).max()), 1e-6))


def bend(
    image: np.ndarray, labels: np.ndarray, amplitude_px: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``image`` (H, W) uint8 and its ``labels`` (H, W) uint8, bent alike."""
    rows, columns = np.indices(image.shape, np.float32)
    down, right = displacement(image.shape, amplitude_px, random)
    column, row = columns + right, rows + down
    edge = cv2.BORDER_REFLECT_101
    return (
        cv2.remap(image, column, row, cv2.INTER_LINEAR, borderMode=edge),
        cv2.remap(labels, column, row, cv2.INTER_NEAREST, borderMode=edge),
    )


def charging_streaks(
    shape: tuple[int, int], amplitude: tuple[float, float], random: np.random.Generator
) -> np.ndarray:
    """Return what charging adds to grey levels: (H, W) float32.

    A few bands along the fast scan direction, each of which begins at once, bright or dark, and
    fades to the right as the charge leaks away.
    """
    height, width = shape
    added = np.zeros(shape, np.float32)
    for _ in range(random.integers(*STREAKS)):
        top, rows = int(random.integers(height)), int(random.integers(*STREAK_ROWS))
        left = int(random.integers(width))
        fading = np.exp(-np.arange(width - left) / random.uniform(0.1 * width, width))
        sign = random.choice((-1.0, 1.0))
        added[top : top + rows, left:] += sign * random.uniform(*amplitude) * fading
    return added
