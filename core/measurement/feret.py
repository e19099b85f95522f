"""Caliper diameters and the convex hull of one object."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# Middles of a pixel's four sides. The hull of pixel centres measures a disc 1.1 px too narrow, the
# hull of pixel corners 1.2 px too wide at its widest; this one lies between, as scikit-image's.
SIDES = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]], np.float32)


@dataclass(frozen=True)
class Hull:
    """``minimum_feret``, ``maximum_feret``: smallest and largest distance of two parallel tangents,
    in px. ``pixels``: how many pixels have their centre in the hull.
    """

    minimum_feret: float
    maximum_feret: float
    pixels: int


def convex_hull(points: np.ndarray) -> Hull:
    """Measure the convex hull of an object (ISO 9276-6: x_Fmin, x_Fmax).

    Diameters are those of the side middles of all pixels, so a single pixel has 0.71 and 1. The
    smallest is met where one tangent lies along a side of the hull, the largest between two
    corners, so both are exact. The pixels of the hull follow from its area by Pick's theorem, so a
    convex object has a solidity of exactly 1.

    ``points``: (N, 2) float32 (row, column) of pixel centres, at least those of the outline.
    """
    corners = cv2.convexHull(points)[:, 0]
    turns = np.abs(np.roll(corners, -1, axis=0) - corners).astype(np.int64)
    on_outline = int(np.gcd(turns[:, 0], turns[:, 1]).sum())
    pixels = round(cv2.contourArea(corners) + on_outline / 2 + 1)
    corners = cv2.convexHull((corners[:, None] + SIDES).reshape(-1, 2))[:, 0]
    corners = corners.astype(np.float64)
    side = np.roll(corners, -1, axis=0) - corners
    length = np.hypot(side[:, 0], side[:, 1])
    # Distance of every corner from every side.
    height = (side[:, :1] * corners[:, 1] - side[:, 1:] * corners[:, 0]) / length[:, None]
    apart = corners[:, None] - corners
    return Hull(
        minimum_feret=float((height.max(axis=1) - height.min(axis=1)).min()),
        maximum_feret=float(np.sqrt((apart**2).sum(axis=2).max())),
        pixels=pixels,
    )
