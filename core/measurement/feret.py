"""Caliper diameters and convex hulls of objects, all of an image together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# Middles of a pixel's four sides. The hull of pixel centres measures a disc 1.1 px too narrow, the
# hull of pixel corners 1.2 px too wide at its widest; this one lies between, as scikit-image's.
SIDES = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]], np.float32)
# How many distances between corners are held at once, 8 bytes each, a few times over.
MOST_DISTANCES = 2_000_000


@dataclass(frozen=True, eq=False)
class Hulls:
    """Convex hulls of n objects.

    ``minimum_feret``, ``maximum_feret``: (n,) smallest and largest distance of two parallel
    tangents, in px. ``pixels``: (n,) how many pixels have their centre in the hull.
    """

    minimum_feret: np.ndarray
    maximum_feret: np.ndarray
    pixels: np.ndarray


def convex_hulls(points: np.ndarray, counts: np.ndarray) -> Hulls:
    """Measure the convex hull of each object (ISO 9276-6: x_Fmin, x_Fmax).

    Diameters are those of the side middles of all pixels, so a single pixel has 0.71 and 1. The
    smallest is met where one tangent lies along a side of the hull, the largest between two
    corners, so both are exact. The pixels of the hull follow from its area by Pick's theorem, so a
    convex object has a solidity of exactly 1.

    ``points``: (N, 2) float32 (row, column) of pixel centres, at least those of the outlines, one
    object after the other. ``counts``: (n,) how many of them each object has, at least 1.
    """
    corners, corner_counts = _corners(points, counts)
    widened = (corners[:, None] + SIDES).reshape(-1, 2)
    minimum_feret, maximum_feret = _feret_diameters(*_corners(widened, len(SIDES) * corner_counts))
    return Hulls(minimum_feret, maximum_feret, _hull_pixels(corners, corner_counts))


def _corners(points: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the hull of each group of points, in the same form."""
    hulls: list[np.ndarray] = [np.empty((0, 1, 2), np.float32)]
    begin = 0
    for end in np.cumsum(counts).tolist():
        hulls.append(cv2.convexHull(points[begin:end]))
        begin = end
    return np.concatenate(hulls)[:, 0], np.array([len(hull) for hull in hulls[1:]], np.int64)


def _hull_pixels(corners: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return how many grid points lie in each hull whose corners are grid points, (n,) int64."""
    if not len(counts):
        return np.empty(0, np.int64)
    here = corners.astype(np.int64)
    last = np.cumsum(counts) - 1
    begin = last - counts + 1
    following = np.arange(1, len(here) + 1)
    following[last] = begin
    after = here[following]
    turns = np.abs(after - here)
    on_outline = np.add.reduceat(np.gcd(turns[:, 0], turns[:, 1]), begin)
    twice_area = np.abs(np.add.reduceat(here[:, 0] * after[:, 1] - here[:, 1] * after[:, 0], begin))
    # Pick's theorem: the area is what lies inside, half of what lies on the outline, less one.
    return (twice_area + on_outline) // 2 + 1


def _feret_diameters(corners: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest diameter of each hull, (n,) each."""
    minimum, maximum = np.empty(len(counts)), np.empty(len(counts))
    begin = np.cumsum(counts) - counts
    # Hulls of one number of corners make one array, and few numbers occur.
    for count in np.unique(counts):
        alike = np.flatnonzero(counts == count)
        for some in np.array_split(alike, -(-len(alike) * count**2 // MOST_DISTANCES)):
            hulls = corners[begin[some, None] + np.arange(count)].astype(np.float64)
            minimum[some], maximum[some] = _smallest_widths(hulls), _largest_distances(hulls)
    return minimum, maximum


def _smallest_widths(hulls: np.ndarray) -> np.ndarray:
    """Return (n,) of n hulls (n, K, 2): over all sides, how far the corners reach from a side."""
    side = np.roll(hulls, -1, axis=1) - hulls
    across, along = hulls[:, None, :, 0], hulls[:, None, :, 1]
    height = side[:, :, None, 0] * along - side[:, :, None, 1] * across
    width = (height.max(axis=2) - height.min(axis=2)) / np.hypot(side[:, :, 0], side[:, :, 1])
    return width.min(axis=1)


def _largest_distances(hulls: np.ndarray) -> np.ndarray:
    """Return (n,) of n hulls (n, K, 2): the largest distance of two corners."""
    down, right = (one[:, :, None] - one[:, None] for one in (hulls[..., 0], hulls[..., 1]))
    return np.sqrt((down**2 + right**2).max(axis=(1, 2)))
