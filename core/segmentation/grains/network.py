"""From boundary pixels, with gaps and dead ends, to grains that fill the image.

Grain size is counted on a closed network. A network found by a model or drawn by hand has some
width, and gaps; what follows closes the narrow gaps and drops the dead ends.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.segmentation.objects.instances import separate_objects
from core.segmentation.settings import ObjectSettings

SPLIT = 0.25


def separate_grains(
    boundary: np.ndarray, split: float = SPLIT, minimum_area_px: int = 20
) -> np.ndarray:
    """Return which grain each pixel belongs to, the boundary's pixels included.

    The interiors are cut apart where a gap in the boundary is narrow against the grains beside it
    (see :func:`core.segmentation.objects.instances.separate_objects` for ``split``); every other
    pixel then goes to the nearest grain. ``boundary``: (H, W) bool. ``minimum_area_px``: smaller
    interiors are no grains. Returns (H, W) uint32, 1 to n; all 1 where no interior is left.
    """
    settings = ObjectSettings(split=split, minimum_area_px=minimum_area_px, fill_holes=False)
    grains = separate_objects(_tight(np.asarray(boundary, bool)).astype(np.uint8), 0, settings)
    if not grains.any():
        return np.ones(boundary.shape, np.uint32)
    outside = (grains == 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(nearest.max() + 1, np.uint32)
    inside = outside == 0
    owner[nearest[inside]] = grains[inside]
    return owner[nearest]


def _tight(line: np.ndarray) -> np.ndarray:
    """Return ``line`` without diagonal steps, through which 8-connected regions would leak."""
    here, right, below, across = line[:-1, :-1], line[:-1, 1:], line[1:, :-1], line[1:, 1:]
    tight = line.copy()
    tight[1:, :-1] |= here & across & ~right & ~below
    tight[1:, 1:] |= right & below & ~here & ~across
    return tight


def boundaries(grains: np.ndarray) -> np.ndarray:
    """Return the pixels (H, W) bool whose right or lower neighbour is another grain."""
    line = np.zeros(grains.shape, bool)
    line[:, :-1] |= grains[:, :-1] != grains[:, 1:]
    line[:-1] |= grains[:-1] != grains[1:]
    return line
