"""Holes of objects: what one object encloses is filled, gaps between several objects stay open.

A hollow particle with an uneven wall is cut into pieces of it, and then its hole looks like the gap
between touching particles. The difference is in the pieces: touching particles are convex and what
they surround is not; pieces of a wall are bent, and together with their hole they are convex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.measurement.regions import bounds, find_runs
from core.segmentation.objects.basins import groups

# Of the mean piece around it: the gap of three touching discs has 0.05 of their area, that of four
# has 0.27.
SMALLEST_HOLE = 0.3
# Solidity of a wall with its hole, at least, since a piece of it may reach into the wall of a
# neighbour; and how far below it the pieces are on average.
WALLED, BENT = 0.75, 0.03
# Solidity of a single hollow particle with its hole.
CONVEX = 0.9
# Of the hole of its shell; what lies loose in the mesh of a network covers less.
SMALLEST_CORE = 0.25
# Of an object with its holes filled; less is a defect of the mask.
HOLLOW = 0.1
NEAR = np.ones((3, 3), np.uint8)


def fill_holes(objects: np.ndarray) -> None:
    """Fill the holes of objects, in place.

    Filled is each patch of background that one object alone surrounds, and each around which lie
    the pieces of one hollow object, which become one again. A core in the patch, an object of its
    own that covers a quarter of the hole or more, goes with it. A patch at the edge of the image is
    no hole. ``objects``: (H, W) int32, 0 = none.
    """
    holes = _Holes.of(objects)
    if _join_walls(objects, holes):
        holes = _Holes.of(objects)
    while _fill_enclosed(objects, holes):
        holes = _Holes.of(objects)


def _join_walls(objects: np.ndarray, holes: _Holes) -> bool:
    """Make the pieces of the wall of a hollow object one again; return whether there were any."""
    first: list[int] = []
    second: list[int] = []
    for patch, around in holes.between_pieces():
        top, left = holes.box[around, :2].min(axis=0)
        bottom, right = holes.box[around, 2:].max(axis=0)
        here = objects[top:bottom, left:right]
        whole = holes.among(here, around) | (holes.patch[top:bottom, left:right] == patch)
        beside = np.bincount(here[cv2.dilate(whole.astype(np.uint8), NEAR) > 0])
        beside[:1] = 0
        seen = np.bincount(here.ravel())[: len(beside)]
        inside = np.flatnonzero((beside > 0) & (seen == holes.size[: len(beside)]))
        pieces = np.union1d(around, inside)
        if len(inside):
            whole |= holes.among(here, inside)
        if _is_wall(objects, holes, pieces, whole):
            first += [pieces[0]] * len(pieces)
            second += pieces.tolist()
    if first:
        joined = groups(np.array(first), np.array(second), len(holes.size)).astype(np.int32)
        np.copyto(objects, joined[objects])
    return bool(first)


def _fill_enclosed(objects: np.ndarray, holes: _Holes) -> bool:
    """Fill what one object alone surrounds; return whether a core went into its shell, which may
    lie in a hole itself."""
    owner, taken = holes.owners()
    if owner.any():
        np.put(objects, holes.places, owner[holes.patch.ravel()[holes.places]])
    if not taken.any():
        return False
    number = np.arange(len(taken), dtype=np.int32)
    np.copyto(objects, np.where(taken > 0, taken, number)[objects])
    return True


def cut_shells(
    objects: np.ndarray, mask: np.ndarray, split: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Cut touching hollow particles apart, in place, as if they were filled: the necks between
    shells are as wide as their walls.

    ``objects``: (H, W) int32, 0 = none, filled. ``mask``: (H, W) uint8, 1 on objects before they
    were filled. ``split``: cuts a mask into objects, as it made ``objects`` from ``mask``.
    """
    size = np.bincount(objects.ravel())
    filled = np.bincount(objects[(mask == 0) & (objects > 0)], minlength=len(size))
    hollow = np.flatnonzero((filled > 0) & (filled >= HOLLOW * size))
    box = _boxes(objects, len(size)) if len(hollow) else np.empty((0, 4), int)
    last = len(size)
    for number in hollow:
        top, left, bottom, right = box[number]
        here = objects[top:bottom, left:right]
        whole = (here == number).astype(np.uint8)
        if _solidity(whole) >= CONVEX:
            continue
        solid = whole & mask[top:bottom, left:right]
        pieces = split(solid | _large_holes(whole & (1 - solid)))
        fill_holes(pieces)
        if len(np.unique(pieces[pieces > 0])) > 1:
            # Gaps between shells that were enclosed together are open again.
            np.copyto(here, np.where(pieces > 0, pieces + last, 0), where=whole > 0)
            last += int(pieces.max())


@dataclass(frozen=True, eq=False)
class _Holes:
    """Patches of background, 4-connected, away from the edge of the image, and what borders them.

    ``patch``: (H, W) int32, 0 on objects. ``places``: (K,) index of the pixels of all holes in the
    flat image. ``area``: (P,) px, 0 of patches at the edge. ``pairs``: (E, 2) hole and object that
    share a side, each pair once, in order of hole. ``within``: (E,) bool, whether the object lies
    within the hole. ``size``: (N,) px of each object. ``box``: (N, 4) top, left, bottom and right
    of each object.
    """

    patch: np.ndarray
    places: np.ndarray
    area: np.ndarray
    pairs: np.ndarray
    within: np.ndarray
    size: np.ndarray
    box: np.ndarray

    @classmethod
    def of(cls, objects: np.ndarray) -> _Holes:
        ground = (objects == 0).astype(np.uint8)
        count, patch = cv2.connectedComponents(ground, connectivity=4)
        closed = np.ones(count, np.bool_)
        closed[0] = False
        for edge in (patch[0], patch[-1], patch[:, 0], patch[:, -1]):
            closed[edge] = False
        holes = np.flatnonzero(closed[patch]) if closed.any() else np.zeros(0, np.intp)
        size = np.bincount(objects.ravel())
        flat, number = objects.ravel(), patch.ravel()[holes].astype(np.int64)
        near = [flat[holes + step] for step in (1, -1, objects.shape[1], -objects.shape[1])]
        key = np.unique(np.concatenate([(number * len(size) + one)[one > 0] for one in near]))
        pairs = np.stack([key // len(size), key % len(size)], axis=1)
        box = _boxes(objects, len(size)) if len(holes) else np.zeros((len(size), 4), int)
        hole = np.full((count, 4), np.iinfo(np.int64).max)
        row, column = np.divmod(holes, objects.shape[1])
        for side, least in enumerate((row, column, -row - 1, -column - 1)):
            np.minimum.at(hole[:, side], number, least)
        within = (box[pairs[:, 1]] * (1, 1, -1, -1) > hole[pairs[:, 0]]).all(axis=1)
        area = np.bincount(number, minlength=count)
        return cls(patch, holes, area, pairs, within, size, box)

    def among(self, objects: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Return which pixels of ``objects`` (h, w) are of ``ids``, (h, w) bool."""
        chosen = np.zeros(len(self.size), np.bool_)
        chosen[ids] = True
        return chosen[objects]

    def between_pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the holes that are large against the several objects around them, and these."""
        hole, around = self.pairs[~self.within].T
        pieces, core = self._summed(hole), self._cores()
        large = (self.area + core) * pieces >= SMALLEST_HOLE * self._summed(hole, self.size[around])
        for chosen in np.flatnonzero((pieces > 1) & large):
            yield int(chosen), around[slice(*np.searchsorted(hole, (chosen, chosen + 1)))]

    def owners(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the object that each hole goes to, (P,), and the one that each object within it
        goes to, (N,); 0 = none."""
        hole, around = self.pairs[~self.within].T
        owner = np.zeros(len(self.area), np.int32)
        owner[hole] = around
        core = self._cores()
        filled = (core == 0) | (core >= SMALLEST_CORE * (self.area + core))
        owner[~filled | (self._summed(hole) != 1)] = 0
        taken = np.zeros(len(self.size), np.int32)
        hole, core = self.pairs[self.within].T
        taken[core] = owner[hole]
        return owner, taken

    def _cores(self) -> np.ndarray:
        """Return the px of objects within each hole, (P,)."""
        hole, core = self.pairs[self.within].T
        return self._summed(hole, self.size[core])

    def _summed(self, hole: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(hole, weights=values, minlength=len(self.area))


def _boxes(objects: np.ndarray, count: int) -> np.ndarray:
    """Return top, left, bottom and right (count, 4) of each object."""
    runs, box = find_runs(objects), np.zeros((count, 4), int)
    top, bottom, left, right = bounds(runs)
    box[runs.ids] = np.stack([top, left, bottom, right], axis=1)
    return box


def _is_wall(objects: np.ndarray, holes: _Holes, pieces: np.ndarray, whole: np.ndarray) -> bool:
    """Return whether ``whole`` (h, w) bool, ``pieces`` and the hole they enclose, is one convex
    object, and the pieces are not."""
    filled = whole.astype(np.uint8)
    outline, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outline, -1, 1, cv2.FILLED)
    together = _solidity(filled)
    if together < WALLED:
        return False
    alone = [
        _solidity((objects[top:bottom, left:right] == piece).astype(np.uint8))
        for piece, (top, left, bottom, right) in zip(pieces, holes.box[pieces], strict=True)
    ]
    return together >= np.average(alone, weights=holes.size[pieces]) + BENT


def _solidity(mask: np.ndarray) -> float:
    """Return the pixels of ``mask`` (h, w) uint8 by those of its convex hull (Pick's theorem)."""
    outline, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = cv2.convexHull(np.concatenate(outline))[:, 0]
    turns = np.abs(np.roll(corners, -1, axis=0) - corners)
    on_outline = int(np.gcd(turns[:, 0], turns[:, 1]).sum())
    return int(mask.sum()) / (cv2.contourArea(corners) + on_outline / 2 + 1)


def _large_holes(holes: np.ndarray) -> np.ndarray:
    """Return ``holes`` (h, w) uint8 but for those under half the largest: gaps between touching
    shells, which were enclosed together."""
    _, hole, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return (area >= max(1, 0.5 * area.max()))[hole].astype(np.uint8)
