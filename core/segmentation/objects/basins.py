"""A watershed without seeds: every pixel climbs to a peak, then peaks are joined over high passes.

Nothing depends on the order of pixels in memory or on threads, so the result is repeatable.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

# Few enough that the arrays of one strip stay in the processor's cache.
STRIP_ROWS = 32
PIXELS_AT_ONCE = 32_768


@dataclass(frozen=True, eq=False)
class Basins:
    """What climbs to which peak of a height, and the passes between.

    ``basin``: (H, W) int32, 0 where the height is not positive, else 1 to B. ``peak``: (B + 1,)
    height at the top of each. ``first``, ``second``, ``height``: (E,) pairs of neighbouring basins
    and the height of their highest pass.
    """

    basin: np.ndarray
    peak: np.ndarray
    first: np.ndarray
    second: np.ndarray
    height: np.ndarray


def climb(height: np.ndarray) -> Basins:
    """Return where each pixel of a positive height comes to, up its steepest slope.

    ``height``: (H + 2, W + 2) float32, with a rim of one pixel that belongs to no basin.
    """
    inside = height[1:-1, 1:-1]
    strips = [height[row : row + STRIP_ROWS + 2] for row in range(0, len(inside), STRIP_ROWS)]
    with ThreadPoolExecutor(2) as pool:
        up = np.concatenate(list(pool.map(_steepest, strips)))
    pixels = np.flatnonzero(inside > 0).astype(np.int32)
    place = np.zeros(inside.size, np.int32)
    place[pixels] = np.arange(pixels.size, dtype=np.int32)
    target = place[pixels + up.ravel()[pixels]]
    follow(target)
    tops = np.flatnonzero(target == np.arange(target.size, dtype=np.int32))
    place[tops] = np.arange(1, tops.size + 1)
    basin = np.zeros(inside.shape, np.int32)
    basin.ravel()[pixels] = place[target]
    peak = np.concatenate([[0], inside.ravel()[pixels[tops]]])
    return Basins(basin, peak, *_passes(inside, basin))


def follow(target: np.ndarray) -> None:
    """Let ``target`` (n,), the pixel that comes after each, be the last one on the way from it, in
    place; what is last comes after itself."""
    climbing = list(range(0, target.size, PIXELS_AT_ONCE))
    while climbing:
        still = []
        for start in climbing:
            part = target[start : start + PIXELS_AT_ONCE]
            further = target[part]
            if not np.array_equal(further, part):
                part[:] = further
                still.append(start)
        climbing = still


def _steepest(height: np.ndarray) -> np.ndarray:
    """Return the flat step to the neighbour up the steepest slope, 0 on a peak."""
    rows, columns = height.shape[0] - 2, height.shape[1] - 2
    inside = height[1:-1, 1:-1]
    steepest = np.zeros_like(inside)
    best = np.zeros(inside.shape, np.uint8)
    steps = [0]
    for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        slope = height[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] - inside
        if down and right:
            slope *= np.float32(np.sqrt(0.5))
        is_steeper = (slope > steepest).view(np.uint8)
        # A later number is larger than any before, so the last that was steeper is the largest.
        np.maximum(best, is_steeper * np.uint8(len(steps)), out=best)
        np.maximum(steepest, slope, out=steepest)
        steps.append(down * columns + right)
    return np.array(steps, np.int32)[best]


def _passes(height: np.ndarray, basin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first basin, second basin and height of the highest pass of each pair."""
    keys, heights = [], []
    count = np.int64(basin.max(initial=0) + 1)
    # Over the rim, which is no basin, a step in one row of numbers is a step in the image.
    flat, width = np.pad(basin, ((0, 1), (0, 1))).ravel(), basin.shape[1] + 1
    level = np.pad(height, ((0, 1), (0, 1))).ravel()
    for step in (1, width, width + 1, width - 1):
        here = np.flatnonzero(flat[step:] != flat[:-step])
        here = here[(flat[here] > 0) & (flat[here + step] > 0)]
        one, two = flat[here], flat[here + step]
        keys.append(np.minimum(one, two) * count + np.maximum(one, two))
        heights.append(np.minimum(level[here], level[here + step]))
    key, top = np.concatenate(keys), np.concatenate(heights)
    order = np.argsort(key)
    key, top = key[order], top[order]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    highest = np.maximum.reduceat(top, begin) if begin.size else top
    return key[begin] // count, key[begin] % count, highest


def join(basins: Basins, is_neck: Callable[[float, float], bool]) -> np.ndarray:
    """Return the object of each basin (B + 1,) int32: passes from the highest down, joined unless
    the pass is a neck.

    ``is_neck``: of the height of a pass and of the lower of the two peaks that it would join.
    """
    flat = basins.height >= np.maximum(basins.peak[basins.first], basins.peak[basins.second])
    parent = groups(basins.first[flat], basins.second[flat], len(basins.peak))
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
        if a != b and not is_neck(height, smaller):
            root[b], top[a] = a, max(top[a], top[b])
    return np.array([find(node) for node in root], np.int32)[parent]


def groups(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Return the group (count,) int32 that each number comes to when ``first`` and ``second`` (E,)
    are joined, numbered from 0 by the least number in each; numbers that nothing is joined to are
    groups of their own.

    Source: Shiloach and Vishkin 1982, doi 10.1016/0196-6774(82)90008-6.
    """
    # SciPy has it, and takes half a second to import.
    least = np.arange(count)
    one, other = least[first], least[second]
    while not np.array_equal(one, other):
        np.minimum.at(least, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(further := least[least], least):
            least = further
        one, other = least[first], least[second]
    return np.unique(least, return_inverse=True)[1].astype(np.int32)
