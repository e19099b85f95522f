"""Where an image ends: at its edge, at an info bar, at a border without grey levels."""

from __future__ import annotations

import cv2
import numpy as np

# Wider than dead pixels and lost lines, which an object goes on behind.
SPECK_PX = 7


def outside(measurable: np.ndarray) -> np.ndarray:
    """Return what lies around the image, (H + 2, W + 2) bool, with a rim of one pixel.

    ``measurable``: (H, W) bool, see :class:`core.types.micrograph.Micrograph`. Specks in which no
    square of 7 px fits are no end of the image.
    """
    if measurable.all():
        return np.pad(~measurable, 1, constant_values=True)
    off = np.pad(~measurable, SPECK_PX, constant_values=True).astype(np.uint8)
    square = np.ones((SPECK_PX, SPECK_PX), np.uint8)
    around = cv2.morphologyEx(off, cv2.MORPH_OPEN, square) > 0
    rim = SPECK_PX - 1
    return around[rim:-rim, rim:-rim]


def along_edge(measurable: np.ndarray) -> np.ndarray:
    """Return the pixels (H, W) bool that share a side with what lies around the image."""
    around = outside(measurable).astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return (cv2.dilate(around, cross)[1:-1, 1:-1] > 0) & measurable


def extent(measurable: np.ndarray) -> tuple[int, int]:
    """Return height and width in px of the smallest rectangle around the image; 0 without one."""
    inside = ~outside(measurable)[1:-1, 1:-1]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) if rows.size else (0, 0)


def without_specks(values: np.ndarray, measurable: np.ndarray) -> np.ndarray:
    """Return ``values`` (H, W) with those of specks that are not ``measurable`` taken from the
    nearest pixel that is; what lies around the image stays as it is."""
    specks = ~measurable & ~outside(measurable)[1:-1, 1:-1]
    if not specks.any():
        return values
    filled = values.copy()
    filled[specks] = values[tuple(nearest_index(measurable)[:, specks])]
    return filled


def nearest_index(measurable: np.ndarray) -> np.ndarray:
    """Return row and column (2, H, W) of the nearest ``measurable`` pixel, at least one there."""
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(~measurable, return_distances=False, return_indices=True)
