"""From the pixels of a phase to single objects: touching particles are cut at their necks.

The exact distance transform of the phase has a peak in each particle and a pass at each neck. Every
pixel climbs to its peak (a watershed of the distance), then peaks whose neck is too wide are joined
again. Nothing depends on the order of pixels in memory or on threads, so the result is repeatable.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from core.errors import LamellaError
from core.pixels.image_area import without_specks
from core.segmentation.settings import ObjectSettings

# Half-width of the ripple that the pixel grid itself leaves on a distance transform, in px.
GRID_RIPPLE_PX = 0.75
# A gap between touching round particles is star-shaped: 0.37 to 0.70 for three to twelve discs.
HOLE_SOLIDITY = 0.8
# Few enough that the arrays of one strip stay in the processor's cache.
STRIP_ROWS = 32


def separate_objects(
    labels: np.ndarray,
    phase: int,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray:
    """Number the objects that a phase consists of.

    Regions are 8-connected. Two particles are cut apart where their neck is narrower than
    1 - (1 - split)**3 times the largest circle inside the smaller one: half-way (0.5) means seven
    eighths. Holes are enclosed by one object; gaps between several objects stay open. Objects
    smaller than ``minimum_area_px`` are dropped last.

    ``labels``: (H, W) integer class indices. ``phase``: the class to look at. ``measurable``:
    (H, W) bool, the pixels that have a phase; None = all. Dead pixels among them cut no object in
    two and belong to none.

    Returns (H, W) uint32, 0 = none, 1 to n in raster order of each object's first pixel. Distance
    transform: Felzenszwalb and Huttenlocher 2012, doi 10.4086/toc.2012.v008a019.

    Raises:
        LamellaError: ``split`` outside [0, 1] or a negative ``minimum_area_px``.
    """
    _check(settings)
    mask = (labels == phase).astype(np.uint8)
    if measurable is not None and not measurable.all():
        mask = without_specks(mask * measurable, measurable)
    if settings.split > 0:
        if settings.fill_holes:
            _fill_round_holes(mask)
        objects = _split(mask, settings.split)
    else:
        objects = cv2.connectedComponents(mask, connectivity=8)[1]
    if settings.fill_holes:
        _fill_enclosed(objects)
    if measurable is not None:
        objects = objects * measurable
    return _number(objects, settings.minimum_area_px)


def _check(settings: ObjectSettings) -> None:
    if not 0 <= settings.split <= 1:
        raise LamellaError(
            f"The split setting is {settings.split:g}; it must lie between 0 (keep touching "
            "objects together) and 1 (separate at the slightest neck)."
        )
    if settings.minimum_area_px < 0:
        raise LamellaError(
            f"The minimum area is {settings.minimum_area_px} px; it must be 0 or more."
        )


@dataclass(frozen=True, eq=False)
class _Basins:
    """The watershed before joining: what climbs to which peak, and the passes between.

    ``basin``: (H, W) int32, 0 outside the phase, else 1 to B. ``peak``: (B + 1,) distance to the
    edge at the top of each. ``first``, ``second``, ``height``: (E,) pairs of neighbouring basins
    and the distance to the edge at their highest pass, half the width of the neck.
    """

    basin: np.ndarray
    peak: np.ndarray
    first: np.ndarray
    second: np.ndarray
    height: np.ndarray


def _split(mask: np.ndarray, split: float) -> np.ndarray:
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Measured between pixel centres; the edge of the phase lies half a pixel closer. Without any
    # edge in the image the transform has no bound of its own.
    distance = np.minimum(distance, np.float32(sum(mask.shape))) - 0.5
    basins = _climb(np.pad(distance, 1, constant_values=-0.5))
    return _join(basins, 1 - (1 - split) ** 3)[basins.basin]


def _climb(height: np.ndarray) -> _Basins:
    """Send each pixel up its steepest slope to a peak; ``height`` has a rim of one pixel."""
    inside = height[1:-1, 1:-1]
    up = np.concatenate(
        [_steepest(height[row : row + STRIP_ROWS + 2]) for row in range(0, len(inside), STRIP_ROWS)]
    )
    pixels = np.flatnonzero(inside > 0).astype(np.int32)
    place = np.zeros(inside.size, np.int32)
    place[pixels] = np.arange(pixels.size, dtype=np.int32)
    target = place[pixels + up.ravel()[pixels]]
    while not np.array_equal(further := target[target], target):
        target = further
    tops = np.flatnonzero(target == np.arange(target.size, dtype=np.int32))
    place[tops] = np.arange(1, tops.size + 1)
    basin = np.zeros(inside.shape, np.int32)
    basin.ravel()[pixels] = place[target]
    peak = np.concatenate([[0], inside.ravel()[pixels[tops]]])
    return _Basins(basin, peak, *_passes(inside, basin))


def _steepest(height: np.ndarray) -> np.ndarray:
    """Return the flat step to the neighbour up the steepest slope, 0 on a peak."""
    rows, columns = height.shape[0] - 2, height.shape[1] - 2
    inside = height[1:-1, 1:-1]
    steepest = np.zeros_like(inside)
    up = np.zeros(inside.shape, np.int32)
    for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        slope = height[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] - inside
        if down and right:
            slope *= np.float32(np.sqrt(0.5))
        np.copyto(up, np.int32(down * columns + right), where=slope > steepest)
        np.maximum(steepest, slope, out=steepest)
    return up


def _passes(height: np.ndarray, basin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first basin, second basin and height of the highest pass of each pair."""
    keys, heights = [], []
    count = np.int64(basin.max(initial=0) + 1)
    for here, there in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:-1, :-1], np.s_[1:, 1:]),
        (np.s_[:-1, 1:], np.s_[1:, :-1]),
    ):
        one, two = basin[here], basin[there]
        meets = np.nonzero((one != two) & (one > 0) & (two > 0))
        one, two = one[meets], two[meets]
        keys.append(np.minimum(one, two) * count + np.maximum(one, two))
        heights.append(np.minimum(height[here][meets], height[there][meets]))
    key, top = np.concatenate(keys), np.concatenate(heights)
    order = np.lexsort((-top, key))
    key, index = np.unique(key[order], return_index=True)
    return key // count, key % count, top[order][index]


def _join(basins: _Basins, neck: float) -> np.ndarray:
    """Return the object of each basin: passes from the highest down, joined unless a true neck."""
    flat = basins.height >= np.maximum(basins.peak[basins.first], basins.peak[basins.second])
    parent = _groups(basins.first[flat], basins.second[flat], len(basins.peak))
    peak = np.zeros(parent.max(initial=0) + 1, np.float32)
    np.maximum.at(peak, parent, basins.peak)
    order = np.argsort(-basins.height[~flat], kind="stable")
    first, second = parent[basins.first[~flat]][order], parent[basins.second[~flat]][order]
    root, top = list(range(len(peak))), peak.tolist()

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    heights = basins.height[~flat][order].tolist()
    for one, two, height in zip(first.tolist(), second.tolist(), heights, strict=True):
        a, b = find(one), find(two)
        smaller = min(top[a], top[b])
        if a != b and (height >= neck * smaller or height > smaller - GRID_RIPPLE_PX):
            root[b], top[a] = a, max(top[a], top[b])
    return np.array([find(node) for node in root], np.int32)[parent]


def _groups(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    graph = coo_matrix((np.ones(len(first), np.int8), (first, second)), (count, count))
    return connected_components(graph, directed=False)[1]


def _fill_round_holes(mask: np.ndarray) -> None:
    """Fill the holes that are no gaps between touching particles, before the distance is taken."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return
    for contour, (_, _, _, parent) in zip(contours, hierarchy[0], strict=True):
        if parent < 0:
            continue
        # The contour of a hole runs through the phase around it: one pixel outside the hole.
        hull = cv2.contourArea(cv2.convexHull(contour))
        if cv2.contourArea(contour) >= HOLE_SOLIDITY * hull:
            cv2.drawContours(mask, [contour], 0, 1, cv2.FILLED)


def _fill_enclosed(objects: np.ndarray) -> None:
    """Give each patch of background that one object alone surrounds to this object."""
    ground = (objects == 0).astype(np.uint8)
    count, patch = cv2.connectedComponents(ground, connectivity=4)
    lowest = np.full(count, np.iinfo(np.int32).max, np.int32)
    highest = np.zeros(count, np.int32)
    for here, there in (
        (np.s_[:-1], np.s_[1:]),
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        meets = np.nonzero((patch[here] > 0) & (patch[there] == 0))
        np.minimum.at(lowest, patch[here][meets], objects[there][meets])
        np.maximum.at(highest, patch[here][meets], objects[there][meets])
    for edge in (patch[0], patch[-1], patch[:, 0], patch[:, -1]):
        highest[edge] = 0
    owner = np.where(lowest == highest, highest, 0)
    owner[0] = 0
    if owner.any():
        np.add(objects, owner[patch], out=objects)


def _number(objects: np.ndarray, minimum_area_px: int) -> np.ndarray:
    """Drop small objects and number the others by their first pixel."""
    flat = objects.ravel()
    area = np.bincount(flat)
    pixels = np.flatnonzero(flat)
    first = np.full(len(area), flat.size, np.int64)
    first[flat[pixels[::-1]]] = pixels[::-1]
    kept = np.flatnonzero((area >= max(minimum_area_px, 1)) & (np.arange(len(area)) > 0))
    number = np.zeros(len(area), np.uint32)
    number[kept[np.argsort(first[kept])]] = np.arange(1, len(kept) + 1)
    return number[objects]
