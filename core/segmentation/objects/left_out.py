"""Where the phase of the objects is that no object counts."""

from __future__ import annotations

import cv2
import numpy as np

from core.segmentation.objects.grey_edges import BAND_PX, FARTHEST_PX


def left_out(
    labels: np.ndarray, phase: int, objects: np.ndarray, at_grey_edge: bool = False
) -> np.ndarray:
    """Return the pixels of a phase that belong to no object, (H, W) bool.

    ``labels``: (H, W) uint8. ``objects``: (H, W) ids, 0 = none. ``at_grey_edge``: whether the
    objects' outlines were moved away from the labels'; what lies that near to one is its rim.
    """
    found = (labels == phase) & (objects == 0)
    if at_grey_edge:
        side = 2 * round(FARTHEST_PX + BAND_PX) + 1
        near = cv2.dilate((objects > 0).astype(np.uint8), np.ones((side, side), np.uint8))
        found &= near == 0
    return found
