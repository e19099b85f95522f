"""A watershed from markers without a queue of pixels: the basins that flooding gives.

Water comes to each pixel at a level, the highest place of the lowest way from a marker, and from
the neighbour that it reached first. Where the levels are known, each pixel thus follows its lowest
neighbour. Levels are heights, but in hollows without a marker, which fill up to the lowest place
of their rim; only these are flooded one after the other.

Source: Cousty et al. 2009, doi 10.1109/TPAMI.2008.173.
"""

from __future__ import annotations

import heapq

import cv2
import numpy as np

from core.segmentation.objects.basins import follow

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
MOST_HOLLOWS, ALWAYS_HOLLOWS = 0.02, 1000
"""Of the pixels to be flooded, and of any image; more are there only where wide areas are even."""


def flooded(height: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """Return the basin (H, W) int32 of each pixel, as ``skimage.segmentation.watershed`` does
    where no two basins come to a pixel from one level.

    ``height``: (H, W) float32, finite. ``markers``: (H, W) int32 from 1, 0 = none. Neighbours share
    a side.
    """
    steps = (-height.shape[1] - 2, -1, 1, height.shape[1] + 2)
    level = np.pad(height, 1, constant_values=np.inf).ravel()
    marker = np.pad(markers, 1).ravel()
    is_free = np.pad(markers == 0, 1).ravel()
    pixels = np.flatnonzero(is_free)
    lower = np.arange(level.size, dtype=np.int32)
    lower[pixels] = _lowest(level, pixels, steps)
    hollows = pixels[lower[pixels] == pixels]
    if hollows.size > max(ALWAYS_HOLLOWS, MOST_HOLLOWS * pixels.size):
        return _in_a_queue(height, markers)
    basin, known = marker.copy(), int(markers.max()) + 1
    basin[hollows] = np.arange(known, known + hollows.size)
    end = lower.copy()
    follow(end)
    basin[pixels] = basin[end[pixels]]
    risen, inlet = _fill(level, basin, known, known + hollows.size, steps)
    under = pixels[level[pixels] <= risen[basin[pixels]]]
    level[under] = risen[basin[under]]
    near = np.unique(np.concatenate([under + step for step in (0, *steps)]))
    near = near[is_free[near]]
    first = _lowest(level, near, steps)
    lower[near] = np.where(first == near, inlet[basin[near]], first)
    follow(lower)
    found = marker[lower]
    if _is_tied(level, found, is_free, steps):
        return _in_a_queue(height, markers)
    return found.reshape(height.shape[0] + 2, -1)[1:-1, 1:-1]


def _in_a_queue(height: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """Flood pixel by pixel: of those at one level, which comes first depends on all before.

    Only the rim of a marker floods anything, so that its inside need not go through the queue.
    """
    from skimage.segmentation import watershed

    within = cv2.erode((markers > 0).astype(np.uint8), CROSS, borderValue=1) > 0
    return np.where(within, markers, watershed(height, markers, mask=~within))


def _lowest(level: np.ndarray, pixels: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Return the lowest neighbour (n,) of each of the ``pixels`` (n,), itself where none is lower,
    as places in the flat image that ``level`` is of."""
    places = pixels.astype(np.int32)
    lowest, found = level[places], places.copy()
    for step in steps:
        there = places + np.int32(step)
        height = level[there]
        is_lower = height < lowest
        np.copyto(lowest, height, where=is_lower)
        np.copyto(found, there, where=is_lower)
    return found


def _fill(
    level: np.ndarray, basin: np.ndarray, known: int, count: int, steps: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the level (count,) that each hollow fills up to, and the place (count,) of the pixel
    over which it does; minus infinity and 0 of the ``known`` basins, which come first."""
    ways = _ways(level, basin, known, count, steps)
    risen, inlet = [-np.inf] * count, [0] * count
    queue = [way for ways_from in ways[:known] for way in ways_from]
    heapq.heapify(queue)
    while queue:
        height, hollow, place = heapq.heappop(queue)
        if risen[hollow] > -np.inf:
            continue
        risen[hollow], inlet[hollow] = height, place
        for way in ways[hollow]:
            # What lies behind a rim that is lower still fills at once, over the same place.
            heapq.heappush(queue, way if way[0] > height else (height, way[1], place))
    return np.array(risen, np.float32), np.array(inlet, np.int32)


def _ways(
    level: np.ndarray, basin: np.ndarray, known: int, count: int, steps: tuple[int, ...]
) -> list[list[tuple[float, int, int]]]:
    """Return the lowest way from each basin into each hollow beside it: height, hollow, and the
    place of the higher one of the two pixels on it."""
    here = [np.flatnonzero(basin[step:] != basin[:-step]) for step in steps[2:]]
    there = [places + step for places, step in zip(here, steps[2:], strict=True)]
    one, other = np.concatenate([*here, *there]), np.concatenate([*there, *here])
    leads_in = (basin[one] > 0) & (basin[other] >= known)
    one, other = one[leads_in], other[leads_in]
    height, place = np.maximum(level[one], level[other]), one.copy()
    np.copyto(place, other, where=level[other] > level[one])
    order = np.lexsort((height, basin[other], basin[one]))
    start, into = basin[one[order]], basin[other[order]]
    is_lowest = np.diff(start, prepend=-1) != 0
    is_lowest[1:] |= into[1:] != into[:-1]
    lowest = order[is_lowest]
    ways: list[list[tuple[float, int, int]]] = [[] for _ in range(count)]
    found = (start[is_lowest], height[lowest], into[is_lowest], place[lowest])
    for begin, *way in zip(*(one.tolist() for one in found), strict=True):
        ways[begin].append((way[0], way[1], way[2]))
    return ways


def _is_tied(
    level: np.ndarray, found: np.ndarray, is_free: np.ndarray, steps: tuple[int, ...]
) -> bool:
    """Return whether anywhere two basins come to a pixel from one level, or meet on one."""
    at_edge = np.zeros(found.size, np.bool_)
    for step in steps[2:]:
        differ = found[step:] != found[:-step]
        at_edge[step:] |= differ
        at_edge[:-step] |= differ
    places = np.flatnonzero(at_edge & is_free)
    around = np.stack([places + step for step in steps])
    height = level[around]
    is_equal = (height == height.min(axis=0)) | (height == level[places])
    return bool((is_equal & (found[around] != found[places])).any())
