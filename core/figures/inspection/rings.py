"""A circle on an overlay, such as the radius that holds 95 % of an effective field."""

from __future__ import annotations

import cv2
import numpy as np

from core.figures.encoding import IndexedImage

RING = (255, 255, 255, 255)
HALO = (0, 0, 0, 160)
SUBPIXEL_BITS = 4


def with_ring(picture: IndexedImage, centre: tuple[float, float], radius_px: float) -> IndexedImage:
    """Return a picture of at most 254 colours with a white circle on it.

    ``centre``: (row, column) and ``radius_px`` in pixels of the picture.
    """
    index, halo = picture.index.copy(), len(picture.colors)
    fine = 1 << SUBPIXEL_BITS
    place = round(centre[1] * fine), round(centre[0] * fine)
    width = max(1, round(max(index.shape) / 300))
    for color, thickness in ((halo, 3 * width), (halo + 1, width)):
        cv2.circle(
            index, place, round(radius_px * fine), color, thickness, cv2.LINE_8, SUBPIXEL_BITS
        )
    return IndexedImage(index, np.vstack([picture.colors, np.array([HALO, RING], np.uint8)]))
