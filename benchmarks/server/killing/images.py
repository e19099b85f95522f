"""Images and masks that a user's number decides, so that a check can make them again."""

from __future__ import annotations

import io

import numpy as np
import tifffile

from core.segmentation.forest.marks import mask_png
from core.segmentation.forest.strokes import Stroke
from core.workspace.drawings import Drawing

SIDE_PX = 256


def image_bytes(owner: str, number: int) -> bytes:
    """Return a TIFF of bright squares on a dark ground, no two alike."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, _squares(owner, number))
    return buffer.getvalue()


def name_of(owner: str, number: int) -> str:
    """Return the name of that file."""
    return f"{owner}-{number}.tif"


def drawing(owner: str, number: int, revision: int) -> Drawing:
    """Return a mask and strokes that tell of their owner, image and revision."""
    mask = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    mask[number % SIDE_PX, revision % SIDE_PX] = 1 + len(owner) % 7
    stroke = Stroke(0, 5.0, ((float(revision), float(number % SIDE_PX)), (1.0, 2.0)))
    return Drawing((stroke,), mask_png(mask), revision, ("ground", owner))


def _squares(owner: str, number: int) -> np.ndarray:
    random = np.random.default_rng([*owner.encode(), number])
    pixels = random.integers(20, 40, (SIDE_PX, SIDE_PX)).astype(np.uint8)
    for row, column in random.integers(10, SIDE_PX - 30, (8, 2)):
        pixels[row : row + 12, column : column + 12] += 150
    return pixels
