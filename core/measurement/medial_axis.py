"""The medial axis of long things (layers, cracks, fibres) as a graph of branches.

A branch is an ordered line between two ends, each free or at a junction. Side branches that the
corners and the roughness of an outline make are taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.pixels.distance import distance_inside
from core.types.progress import ProgressCallback, no_progress

FREE, CUT = -1, -2
"""Ends of a branch that are at no junction: one of the thing itself, and one where the edge of the
image cuts it."""
# The medial axis of a bar ends in two branches to its corners, sqrt(2) of its half-width long.
SPUR = 1.6
SMOOTHING_PX = 3.0
SQUARE = np.ones((3, 3), np.uint8)
STAGES = 4


@dataclass(frozen=True, eq=False)
class Branch:
    """``points``: (n, 2) (row, column) in px from one end to the other. ``begin``, ``end``: number
    of the junction at either end, or FREE or CUT. ``closed``: it runs back into itself."""

    points: np.ndarray
    begin: int
    end: int
    closed: bool = False

    @property
    def length_px(self) -> float:
        """Along the points."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    @property
    def reversed(self) -> Branch:
        """The same from its other end."""
        return Branch(self.points[::-1], self.end, self.begin)


@dataclass(frozen=True, eq=False)
class MedialAxis:
    """``branches``: of all regions. ``junctions``: (j, 2) (row, column) of each by number.
    ``radius``: (H, W) float32 distance of each pixel of the mask from what lies outside, in px."""

    branches: tuple[Branch, ...]
    junctions: np.ndarray
    radius: np.ndarray

    def radius_at(self, places: np.ndarray) -> np.ndarray:
        """Return the radius (n,) at places (n, 2)."""
        row, column = np.rint(places).astype(np.int64).T
        height, width = self.radius.shape
        return self.radius[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]


def medial_axis(mask: np.ndarray, progress: ProgressCallback = no_progress) -> MedialAxis:
    """Return the medial axis of ``mask`` (H, W) bool; none of an empty or a full one.

    A region that the edge of the image cuts is taken to go on straight behind it.

    Source: thinning, Zhang and Suen 1984, doi:10.1145/357994.358023 (scikit-image).
    """
    from skimage.morphology import skeletonize

    mask = np.asarray(mask, bool)
    if not mask.any() or mask.all():
        return MedialAxis((), np.empty((0, 2)), np.zeros(mask.shape, np.float32))
    pad = 2 + int(min(2 * _radius(mask).max(), max(mask.shape)))
    wide = np.pad(mask, pad, mode="edge")
    radius = _radius(wide)
    skeleton = skeletonize(wide)
    progress(1, STAGES)
    branches, junctions = _graph(skeleton)
    progress(2, STAGES)
    branches = _pruned(branches, junctions, radius)
    progress(3, STAGES)
    smooth = [replace(one, points=smoothed(one.points)) for one in branches]
    kept = [part for one in smooth for part in _within(one, pad, mask.shape)]
    return MedialAxis(
        tuple(kept),
        junctions - pad,
        radius[pad : pad + mask.shape[0], pad : pad + mask.shape[1]],
    )


def _radius(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the outline, which lies half a pixel before the nearest outside."""
    distance = distance_inside(mask.astype(np.uint8))
    return np.maximum(distance - 0.5, 0)


def _graph(skeleton: np.ndarray) -> tuple[list[Branch], np.ndarray]:
    """Return the branches of a skeleton and its junctions; the skeleton leaves the rim free."""
    thin = skeleton.astype(np.uint8)
    neighbours = cv2.filter2D(thin, -1, SQUARE, borderType=cv2.BORDER_CONSTANT) - thin
    is_junction = skeleton & (neighbours >= 3)
    count, number, _, centres = cv2.connectedComponentsWithStats(is_junction.astype(np.uint8))
    # Numbered from 0; cv2 gives (x, y).
    junctions, number = centres[1:count, ::-1].astype(np.float64), number - 1
    branches = [
        _branch(path, number, junctions, closed) for path, closed in _paths(skeleton & ~is_junction)
    ]
    return branches, junctions


def _paths(lines: np.ndarray) -> Iterator[tuple[np.ndarray, bool]]:
    """Yield the pixels (n, 2) of each line in order, and whether it is closed."""
    around = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
    left = set(zip(*(one.tolist() for one in np.nonzero(lines)), strict=True))

    def next_to(place: tuple[int, int]) -> list[tuple[int, int]]:
        return [one for a, b in around if (one := (place[0] + a, place[1] + b)) in left]

    # Lines with ends first, so that what is left is closed.
    starts = [place for place in left if len(next_to(place)) <= 1]
    for closed, places in ((False, starts), (True, None)):
        while places or (closed and left):
            place = places.pop() if places else next(iter(left))
            if place not in left:
                continue
            path = [place]
            left.discard(place)
            while following := next_to(path[-1]):
                path.append(following[0])
                left.discard(following[0])
            yield np.array(path, np.float64), closed


def _branch(path: np.ndarray, number: np.ndarray, junctions: np.ndarray, closed: bool) -> Branch:
    """Return the branch of a line of pixels, up to the junctions at its ends."""
    if closed:
        return Branch(np.vstack([path, path[:1]]), FREE, FREE, True)
    ends = [_junctions_at(path[0], number), _junctions_at(path[-1], number)]
    if len(path) == 1:
        ends = [ends[0][:1], ends[0][1:2]]
    begin, end = (found[0] if found else FREE for found in ends)
    parts = [
        junctions[begin : begin + 1] if begin != FREE else path[:0],
        path,
        junctions[end : end + 1] if end != FREE else path[:0],
    ]
    return Branch(np.vstack(parts), begin, end)


def _junctions_at(place: np.ndarray, number: np.ndarray) -> list[int]:
    row, column = place.astype(int)
    beside = number[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return np.unique(beside[beside >= 0]).tolist()


def _pruned(branches: list[Branch], junctions: np.ndarray, radius: np.ndarray) -> list[Branch]:
    """Return branches without spurs, joined where only two are left at a junction."""
    row, column = np.rint(junctions).astype(np.int64).T if len(junctions) else ([], [])
    limit = SPUR * radius[row, column] + 1 if len(junctions) else np.empty(0)
    while True:
        spurs = [one for one in branches if _is_spur(one, limit)]
        # Where every branch of a junction is a spur, the longest is the thing itself.
        longest: dict[int, Branch] = {}
        for one in spurs:
            at = max(one.begin, one.end)
            if at not in longest or one.length_px > longest[at].length_px:
                longest[at] = one
        at_junction = _at_junctions(branches)
        kept_anyway = {
            id(one)
            for at, one in longest.items()
            if all(_is_spur(other, limit) for other in at_junction[at])
        }
        gone = {id(one) for one in spurs} - kept_anyway
        joined = _joined([one for one in branches if id(one) not in gone])
        if len(joined) == len(branches):
            return joined
        branches = joined


def _is_spur(branch: Branch, limit: np.ndarray) -> bool:
    free = (branch.begin == FREE) + (branch.end == FREE)
    return (
        free == 1 and not branch.closed and branch.length_px < limit[max(branch.begin, branch.end)]
    )


def _at_junctions(branches: list[Branch]) -> dict[int, list[Branch]]:
    found: dict[int, list[Branch]] = {}
    for one in branches:
        for at in (one.begin, one.end):
            if at != FREE:
                found.setdefault(at, []).append(one)
    return found


def _joined(branches: list[Branch]) -> list[Branch]:
    """Return branches with those joined that meet at a junction of two, and the end of the only one
    at a junction free."""
    meeting = _at_junctions(branches)
    kept = {id(one): one for one in branches}
    here = {at: {id(one): one for one in met} for at, met in meeting.items()}

    def put_in_place_of(gone: list[Branch], made: Branch) -> None:
        # Joined branches take the place of those that they were made of.
        for one in gone:
            del kept[id(one)]
            for end in {one.begin, one.end} - {FREE}:
                here[end].pop(id(one), None)
        kept[id(made)] = made
        for end in {made.begin, made.end} - {FREE}:
            here[end][id(made)] = made

    for at, met in meeting.items():
        there = list(here[at].values())
        if len(met) == 1:
            (one,) = there
            begin, end = (FREE if end == at else end for end in (one.begin, one.end))
            put_in_place_of([one], Branch(one.points, begin, end))
        elif len(met) == 2 and len(there) == 2:
            first, second = there
            ahead = first if first.end == at else first.reversed
            after = second if second.begin == at else second.reversed
            points = np.vstack([ahead.points, after.points[1:]])
            put_in_place_of([first, second], Branch(points, ahead.begin, after.end))
    return list(kept.values())


def smoothed(points: np.ndarray) -> np.ndarray:
    """Return points (n, 2) of a line without the steps of the raster; its ends stay."""
    if len(points) < 3:
        return points
    from scipy.ndimage import gaussian_filter1d

    reach = min(len(points) - 1, int(4 * SMOOTHING_PX))
    longer = np.pad(points, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    return gaussian_filter1d(longer, SMOOTHING_PX, axis=0)[reach:-reach]


def _within(branch: Branch, pad: int, shape: tuple[int, int]) -> Iterator[Branch]:
    """Yield the parts of a branch that lie in the image, in its px."""
    points = branch.points - pad
    inside = ((points >= -0.5) & (points < np.array(shape) - 0.5)).all(axis=1)
    edges = np.flatnonzero(np.diff(np.pad(inside.astype(np.int8), 1)))
    for begin, end in edges.reshape(-1, 2):
        if end - begin < 2:
            continue
        yield Branch(
            points[begin:end],
            branch.begin if begin == 0 else CUT,
            branch.end if end == len(points) else CUT,
            branch.closed and end - begin == len(points),
        )
