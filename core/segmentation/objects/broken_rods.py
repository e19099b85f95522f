"""Straight rods of which a network marked the ends and missed the middle."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SMOOTHING_PX = 1.5
MEDIAN_STEP = 2
"""A quarter of the pixels say what grey objects and ground have."""
LEAST_RATIO, LEAST_FILL = 4.0, 0.85
"""Length by width of a rod, and the least share of its upright rectangle that it fills."""
END_SHARE = 0.1
"""Of a rod's length, how near to either end something must have been found."""
INSIDE = 0.8
MOST_FOUND = 0.85
"""Of a rod, what was found of it at most: two that touch end to end are found nearly whole."""
LARGEST_SHARE = 0.1
"""Largest area of a rod as a share of the image's."""


@dataclass(frozen=True, eq=False)
class Regions:
    """``number``: (H, W) int32, 0 = none; ``box``: (N, 4) left, top, width and height of each;
    ``area``: (N,) px."""

    number: np.ndarray
    box: np.ndarray
    area: np.ndarray


def regions_by_grey(
    phase: np.ndarray, pixels: np.ndarray, measurable: np.ndarray
) -> Regions | None:
    """Return the regions on the objects' side of the grey level midway between them and the ground;
    None where one of both is missing.

    ``phase``: (H, W) bool, what objects are made of. ``pixels``: (H, W) float32. ``measurable``:
    (H, W) bool.
    """
    smooth = cv2.GaussianBlur(np.ascontiguousarray(pixels, np.float32), (0, 0), SMOOTHING_PX)
    sampled = np.s_[::MEDIAN_STEP, ::MEDIAN_STEP]
    seen, counted, levels = phase[sampled], measurable[sampled], smooth[sampled]
    found, ground = levels[seen & counted], levels[~seen & counted]
    if not (found.size and ground.size):
        return None
    inner, outer = np.median(found), np.median(ground)
    midway = (inner + outer) / 2
    side = (smooth > midway) if inner > outer else (smooth < midway)
    side &= measurable
    _, number, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8))
    return Regions(number, stats[:, :4], stats[:, cv2.CC_STAT_AREA])


def join_rods(objects: np.ndarray, regions: Regions | None) -> None:
    """Make one object, in place, of the pieces of a straight rod that the grey levels show whole.

    A region is a rod where it fills a long rectangle; it is joined where at least two objects lie
    in it, among them one at either end, no other object lies half in it, and part of it was not
    found.

    ``objects``: (H, W) ids, 0 = none. ``regions``: see :func:`regions_by_grey`.
    """
    if regions is None:
        return
    area = np.bincount(objects.ravel())
    for number in _broken(objects, regions):
        left, top, width, height = regions.box[number]
        here = np.s_[top : top + height, left : left + width]
        region = regions.number[here] == number
        ids, shared = np.unique(objects[here][region], return_counts=True)
        shared, ids = shared[ids > 0], ids[ids > 0]
        is_whole = (
            shared >= INSIDE * area[ids]
        ).all() and shared.sum() <= MOST_FOUND * region.sum()
        if is_whole and _is_rod_with_ends(region, objects[here] > 0):
            objects[here][region] = ids[0]
            objects[np.isin(objects, ids[1:])] = ids[0]


def _broken(objects: np.ndarray, regions: Regions) -> list[int]:
    """Return the regions with at least two objects in them."""
    ids = np.int64(objects.max()) + 1
    # Where a run of one pair begins: runs are far fewer than pixels.
    inner, outer = objects.ravel(), regions.number.ravel()
    changes = (inner[1:] != inner[:-1]) | (outer[1:] != outer[:-1])
    begin = np.flatnonzero(np.concatenate([[True], changes]))
    begin = begin[(inner[begin] > 0) & (outer[begin] > 0)]
    pairs = np.unique(outer[begin] * ids + inner[begin])
    held = np.bincount(pairs // ids, minlength=len(regions.area))
    small = regions.area <= LARGEST_SHARE * objects.size
    return [int(one) for one in np.flatnonzero((held >= 2) & small)]


def _is_rod_with_ends(region: np.ndarray, found: np.ndarray) -> bool:
    """Return whether ``region`` (h, w) bool is a straight rod, ``found`` at both ends."""
    points = np.argwhere(region).astype(np.float32)
    centre, sides, _ = cv2.minAreaRect(points)
    longer, shorter = max(sides) + 1, min(sides) + 1
    if longer < LEAST_RATIO * shorter or len(points) < LEAST_FILL * longer * shorter:
        return False
    _, axes = np.linalg.eigh(np.cov((points - centre).T))
    along = (points - centre) @ axes[:, 1]
    seen = along[found[region]]
    reach = END_SHARE * longer
    return bool(seen.min() <= along.min() + reach and seen.max() >= along.max() - reach)
