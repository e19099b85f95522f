"""Thickness across the medial axis of layers, cracks and fibres, and lengths along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from core.measurement.medial_axis import CUT, FREE, Branch, MedialAxis

STEP_PX = 0.25
# How far a normal looks for the outline, by the distance of the nearest point of it.
REACH = 2.0
CLEARANCE = 1.5
"""Distance from a junction, by the radius there, from which on a branch has its own width."""
DIRECTION_PX = 4
"""Points on either side that the direction of the axis is taken from, at least."""


@dataclass(frozen=True, eq=False)
class Profile:
    """Thickness along one branch, one value a point of the axis.

    ``along_px``: (n,) distance along the axis. ``thickness_px``: (n,) across it, from outline to
    outline. ``sides``: (n, 2, 2) the two ends of each, (row, column). ``angle_deg``: (n,) direction
    of the axis, counter-clockwise from the horizontal as seen on the screen, in (-90, 90].
    """

    along_px: np.ndarray
    thickness_px: np.ndarray
    sides: np.ndarray
    angle_deg: np.ndarray


def profile(
    mask: np.ndarray,
    axis: MedialAxis,
    branch: Branch,
    clear_of_junctions: bool = False,
    clear_of_ends: bool = False,
) -> Profile:
    """Return the thickness along a branch of the medial axis of ``mask`` (H, W) bool.

    The outline is met where the mask, interpolated between pixel centres, is a half; so straight
    edges along the grid are exact. Points whose normal meets no outline within twice the distance
    of the nearest point of it are left out, and so are those at the edge of the image.
    ``clear_of_junctions``: leaves out points near a junction, where two things cross and neither
    has a thickness. ``clear_of_ends``: leaves out points nearer to an end than half the thickness,
    where the axis turns into a corner.
    """
    points = branch.points
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    radius = axis.radius_at(points)
    usable = _clear(axis, branch, along, clear_of_junctions)
    half = float(np.median(radius))
    inner = (along >= half) & (along <= along[-1] - half)
    if clear_of_ends and inner.any():
        usable &= inner
    # Bumps of the outline shorter than the thing is thick do not turn it.
    tangent = _tangents(points, max(DIRECTION_PX, round(half)))
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    reach = REACH * (radius + 0.5) + 1
    one, other = (_outline(mask, points, sign * normal, reach) for sign in (1, -1))
    usable &= np.isfinite(one) & np.isfinite(other)
    sides = np.stack([points + one[:, None] * normal, points - other[:, None] * normal], axis=1)
    angle = np.degrees(np.arctan2(-tangent[:, 0], tangent[:, 1]))
    angle = 90 - (90 - angle) % 180
    return Profile(along[usable], (one + other)[usable], sides[usable], angle[usable])


def _clear(axis: MedialAxis, branch: Branch, along: np.ndarray, of_junctions: bool) -> np.ndarray:
    """Return which points (n,) of a branch are clear of its ends at the edge of the image, near
    which the axis bends towards the edge, and, if asked for, of junctions."""
    of_edge, of_crossing = np.ones((2, len(along)), bool)
    ends = (
        (branch.begin, along, branch.points[:1]),
        (branch.end, along[-1] - along, branch.points[-1:]),
    )
    for end, distance, place in ends:
        if end == CUT:
            of_edge &= distance >= axis.radius_at(place)[0]
        elif end >= 0:
            of_crossing &= distance > CLEARANCE * axis.radius_at(axis.junctions[[end]])[0]
    clear = of_edge & of_crossing if of_junctions else of_edge
    # A thing shorter than it is wide has no place clear of the edge.
    return clear if of_edge.any() else of_crossing


def _tangents(points: np.ndarray, apart: int) -> np.ndarray:
    """Return the unit direction (n, 2) of a line at each of its points, from the points so many
    before and after it."""
    apart = min(apart, len(points) - 1)
    longer = np.pad(points, ((apart, apart), (0, 0)), mode="reflect", reflect_type="odd")
    step = longer[2 * apart :] - longer[: -2 * apart]
    return step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]


def _outline(
    mask: np.ndarray, points: np.ndarray, direction: np.ndarray, reach: np.ndarray
) -> np.ndarray:
    """Return how far (n,) the outline is from each point in its direction; nan where it is not
    within ``reach`` (n,) or behind the edge of the image."""
    steps = np.arange(0, float(reach.max()) + STEP_PX, STEP_PX)
    places = points[:, :, None] + direction[:, :, None] * steps
    # Around the line alone: of thousands of lines each would take as long as the image is large.
    low = np.maximum(np.floor(places.min(axis=(0, 2))).astype(int) - 1, 0)
    high = np.ceil(places.max(axis=(0, 2))).astype(int) + 2
    near = mask[low[0] : high[0], low[1] : high[1]].astype(np.float32)
    value = map_coordinates(
        near, places.transpose(1, 0, 2) - low[:, None, None], order=1, mode="nearest"
    )
    outside = (value < 0.5) & (steps <= reach[:, None] + STEP_PX)
    first = outside.argmax(axis=1)
    row = np.arange(len(points))
    before, after = value[row, np.maximum(first - 1, 0)], value[row, first]
    share = np.divide(before - 0.5, before - after, where=before > after, out=np.zeros(len(row)))
    found = steps[np.maximum(first - 1, 0)] + STEP_PX * share
    at = points + found[:, None] * direction
    height, width = mask.shape
    inside = (at > -0.5).all(axis=1) & (at[:, 0] < height - 0.5) & (at[:, 1] < width - 0.5)
    return np.where(outside.any(axis=1) & (first > 0) & inside, found, np.nan)


def length_px(axis: MedialAxis, branches: Sequence[Branch]) -> float:
    """Return the length of a thing from tip to tip: its branches, and at each free end what the
    medial axis stops short of the tip, the radius there."""
    total = sum(one.length_px for one in branches)
    tips = [
        place
        for one in branches
        if not one.closed
        for end, place in ((one.begin, one.points[0]), (one.end, one.points[-1]))
        if end == FREE
    ]
    return total + (float(axis.radius_at(np.array(tips)).sum()) if tips else 0.0)


def is_cut(branches: Sequence[Branch]) -> bool:
    """Return whether the edge of the image cuts any of the branches."""
    return any(CUT in (one.begin, one.end) for one in branches)


def longest_line(axis: MedialAxis) -> Branch | None:
    """Return the longest of the shortest ways from one end to another through connected branches;
    None without a branch.

    An end at the edge of the image goes on behind it, so it counts as longer by the thickness there
    and is preferred to a branch into a corner.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    branches = axis.branches
    if not branches:
        return None
    nodes: dict[tuple[str, int], int] = {}
    ends = [
        [
            nodes.setdefault(
                ("junction", end) if end >= 0 else ("end", 2 * index + side), len(nodes)
            )
            for side, end in enumerate((one.begin, one.end))
        ]
        for index, one in enumerate(branches)
    ]
    by_pair: dict[tuple[int, int], Branch] = {}
    for one, (begin, end) in sorted(
        zip(branches, ends, strict=True), key=lambda pair: -pair[0].length_px
    ):
        by_pair[begin, end], by_pair[end, begin] = one, one.reversed
    rows, columns = zip(*by_pair, strict=True)
    weight = [_with_what_is_cut(axis, one) for one in by_pair.values()]
    graph = coo_matrix((weight, (rows, columns)), (len(nodes),) * 2)
    distance, before = dijkstra(graph.tocsr(), return_predecessors=True)
    farthest = int(np.argmax(np.where(np.isfinite(distance), distance, -1)))
    start, last = divmod(farthest, len(nodes))
    way = [last]
    while way[-1] != start:
        way.append(int(before[start, way[-1]]))
    parts = [by_pair[pair] for pair in zip(way[::-1], way[-2::-1], strict=False)]
    if not parts:
        return max(branches, key=lambda one: one.length_px)
    points = np.vstack([parts[0].points, *(one.points[1:] for one in parts[1:])])
    return Branch(points, parts[0].begin, parts[-1].end)


def _with_what_is_cut(axis: MedialAxis, branch: Branch) -> float:
    ends = (branch.begin, branch.points[:1]), (branch.end, branch.points[-1:])
    cut = [place for end, place in ends if end == CUT]
    behind = 2 * float(axis.radius_at(np.concatenate(cut)).sum()) if cut else 0.0
    return max(branch.length_px + behind, 1e-6)
