"""Distances on the grid of pixels that are the same in every run."""

from __future__ import annotations

import cv2
import numpy as np


def distance_inside(mask: np.ndarray) -> np.ndarray:
    """Return how far each pixel of ``mask`` (H, W) uint8 lies from the nearest 0, (H, W) float32 in
    px between centres; 0 on zeros, and at most H + W where there is none.

    OpenCV's roots differ in the last bit from run to run, with where the array lies in memory; what
    compares two distances, as a watershed does, then differs by whole objects. The squares are
    whole numbers, so up to 1,000 px they are found again and the root is exact.

    Source: Felzenszwalb and Huttenlocher 2012, doi 10.4086/toc.2012.v008a019.
    """
    distance = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    np.minimum(distance, np.float32(sum(mask.shape)), out=distance)
    np.multiply(distance, distance, out=distance)
    np.rint(distance, out=distance)
    return np.sqrt(distance, out=distance)
