"""The piece of the micrograph that a page of the lecture works on."""

from __future__ import annotations

import numpy as np

from core.segmentation.preprocessing import grey_levels
from core.types.arrays import read_only
from core.types.micrograph import Micrograph


def constant_grey(side: int, level: float = 0.5) -> np.ndarray:
    """Return an image (side, side) float32 with nothing in it."""
    return np.full((side, side), level, np.float32)


def square_around(shape: tuple[int, int], row: int, column: int, side: int) -> tuple[slice, slice]:
    """Return the rows and columns of a square of ``side`` px with (row, column) in its middle.

    At the edge of an image of ``shape`` it is moved inside; a smaller image is taken whole.
    """
    found = []
    for at, length in zip((row, column), shape, strict=True):
        start = max(0, min(at - side // 2, length - side))
        found.append(slice(start, min(start + side, length)))
    return found[0], found[1]


def busiest(image: np.ndarray, side: int) -> tuple[slice, slice]:
    """Return the rows and columns of the square with the most contrast in an image (H, W).

    It is looked for in steps of half its ``side``, or less where the image is smaller.
    """
    height, width = (min(side, length) for length in image.shape)
    places = [
        (slice(top, top + height), slice(left, left + width))
        for top in range(0, image.shape[0] - height + 1, max(1, side // 2))
        for left in range(0, image.shape[1] - width + 1, max(1, side // 2))
    ]
    return max(places, key=lambda place: float(image[place].std()))


def picture(micrograph: Micrograph, side: int = 256) -> np.ndarray:
    """Return the middle of a micrograph as grey levels (h, w) float32 in [0, 1].

    The info bar is cut off first; h and w are ``side``, or less where the micrograph is smaller.
    """
    image = micrograph.pixels[micrograph.image_rows]
    height, width = (min(side, length) for length in image.shape)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return read_only(grey_levels(image[top : top + height, left : left + width]))
