"""A circle on an overlay, such as the radius that holds 95 % of an effective field."""

from __future__ import annotations

import cv2
import numpy as np

RING = (255, 255, 255, 255)
HALO = (0, 0, 0, 160)
SUBPIXEL_BITS = 4


def with_ring(overlay: np.ndarray, centre: tuple[float, float], radius_px: float) -> np.ndarray:
    """Return an overlay (h, w, 4) uint8 with a white circle on it.

    ``centre``: (row, column) and ``radius_px`` in pixels of the overlay.
    """
    picture = np.ascontiguousarray(overlay)
    fine = 1 << SUBPIXEL_BITS
    place = round(centre[1] * fine), round(centre[0] * fine)
    width = max(1, round(max(overlay.shape[:2]) / 300))
    for color, thickness in ((HALO, 3 * width), (RING, width)):
        cv2.circle(
            picture, place, round(radius_px * fine), color, thickness, cv2.LINE_8, SUBPIXEL_BITS
        )
    return picture
