"""A scale bar as it was found in an image, to be confirmed by looking at it."""

from __future__ import annotations

import cv2
import numpy as np

from core.figures.encoding import EncodedImage, encode_colors
from core.scale_bar.find import ScaleBar

WIDTH_PX, MOST_HEIGHT_PX = 560, 280
END_COLOR = (255, 176, 0)
"""Of the lines at the ends: seen on black, on white and on grey."""


def scale_bar_picture(pixels: np.ndarray, found: ScaleBar) -> EncodedImage:
    """Return the part of an image, (H, W) in [0, 1], with its bar and label, the ends marked."""
    shown, bar = found.shown, found.bar
    part = np.clip(pixels[shown.top : shown.bottom, shown.left : shown.right], 0, 1)
    factor = min(WIDTH_PX / shown.width, MOST_HEIGHT_PX / shown.height)
    size = (round(shown.width * factor), round(shown.height * factor))
    grey = cv2.resize(np.rint(255 * part).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    colors = np.repeat(grey[..., None], 3, axis=2)
    reach = shown.height // 8
    rows = [round((row - shown.top) * factor) for row in (bar.top - reach, bar.bottom + reach)]
    for end in (bar.left, bar.right):
        column = round((end - shown.left) * factor)
        cv2.line(colors, (column, rows[0]), (column, rows[1]), END_COLOR, 2)
    return encode_colors(colors)
