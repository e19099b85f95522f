"""Branches of a medial axis put together to fibres, straight on through the junctions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.measurement.medial_axis import Branch, MedialAxis

LARGEST_BEND_DEG = 30.0
"""Two branches that meet at a larger angle are no one fibre."""
# Where fibres cross at a small angle the axis has two junctions and a short piece between.
BRIDGE = 2.0
DIRECTION_PX = 12


def fibres(axis: MedialAxis) -> tuple[tuple[Branch, ...], ...]:
    """Return the branches of each fibre.

    At each junction the two ends that go on straightest belong together, then the next two; ends
    that bend by more than 30 degrees do not. Pieces shorter than twice the radius at their
    junctions are the crossings themselves and belong to no fibre of their own.
    """
    pieces = [one for one in axis.branches if not _is_bridge(axis, one)]
    group = list(range(len(pieces)))
    place = _merged_junctions(axis)
    ends: dict[int, list[tuple[int, np.ndarray]]] = {}
    for index, one in enumerate(pieces):
        for end, line in ((one.begin, one), (one.end, one.reversed)):
            if end >= 0:
                ends.setdefault(place[end], []).append((index, _outward(line)))
    for meeting in ends.values():
        _pair(meeting, group)
    found: dict[int, list[Branch]] = {}
    for index, one in enumerate(pieces):
        found.setdefault(_root(group, index), []).append(one)
    return tuple(tuple(one) for one in found.values())


def _is_bridge(axis: MedialAxis, branch: Branch) -> bool:
    ends = [end for end in (branch.begin, branch.end) if end >= 0]
    if len(ends) < 2:
        return False
    return branch.length_px < BRIDGE * float(axis.radius_at(axis.junctions[ends]).max())


def _merged_junctions(axis: MedialAxis) -> list[int]:
    """Return for each junction the number of the crossing that it belongs to."""
    number = list(range(len(axis.junctions)))
    for one in axis.branches:
        if _is_bridge(axis, one):
            number[_root(number, one.begin)] = _root(number, one.end)
    return [_root(number, index) for index in range(len(number))]


def _root(parent: Sequence[int], index: int) -> int:
    while parent[index] != index:
        index = parent[index]
    return index


def _outward(branch: Branch) -> np.ndarray:
    """Return the unit direction (2,) in which a branch leaves its first end."""
    step = branch.points[min(DIRECTION_PX, len(branch.points) - 1)] - branch.points[0]
    return step / max(float(np.hypot(*step)), 1e-9)


def _pair(meeting: list[tuple[int, np.ndarray]], group: list[int]) -> None:
    """Join branches that go on straight at one junction, the straightest first."""
    limit = -np.cos(np.radians(LARGEST_BEND_DEG))
    pairs = [
        (float(one[1] @ other[1]), i, j)
        for i, one in enumerate(meeting)
        for j, other in enumerate(meeting[:i])
    ]
    taken: set[int] = set()
    for cosine, i, j in sorted(pairs):
        if cosine > limit or taken & {i, j}:
            continue
        taken |= {i, j}
        group[_root(group, meeting[i][0])] = _root(group, meeting[j][0])
