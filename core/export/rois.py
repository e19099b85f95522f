"""Outlines of objects as an ImageJ ROI set (the ROI manager opens the zip)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import roifile

from core.export.zip_file import zip_bytes

# The four sides of a pixel walked clockwise on the screen: start corner (row, column) from the
# pixel, step, and the neighbour on the other side.
SIDES = (
    ((0, 0), (0, 1), (-1, 0)),
    ((0, 1), (1, 0), (0, 1)),
    ((1, 1), (0, -1), (1, 0)),
    ((1, 0), (-1, 0), (0, -1)),
)


@dataclass(frozen=True, eq=False)
class Outline:
    """The outer edge of an object: ``corners`` (N, 2) int, (row, column) of pixel corners.

    Pixel (r, c) covers r to r + 1 and c to c + 1, so the polygon of an object without holes has the
    area of its pixels.
    """

    id: int
    corners: np.ndarray


def roi_zip(objects: np.ndarray) -> bytes:
    """Return one polygon an object as ``0001.roi``, ... in a zip.

    ``objects``: (H, W) ids, 0 = none. A polygon has no holes: one that is not filled is covered.
    """
    found = outlines(objects)
    digits = max(4, len(str(max((outline.id for outline in found), default=0))))
    return zip_bytes({f"{one.id:0{digits}}.roi": _roi(one, f"{one.id:0{digits}}") for one in found})


def _roi(outline: Outline, name: str) -> bytes:
    # ImageJ counts x, y from the corner of the first pixel, as the outline does.
    corners = outline.corners[:, ::-1]
    roi = roifile.ImagejRoi.frompoints(corners.astype(np.int32), name=name)
    roi.roitype = roifile.ROI_TYPE.POLYGON
    # frompoints adds one, as for pixels; these are corners.
    roi.right, roi.bottom = (int(far) for far in corners.max(axis=0))
    return roi.tobytes()


def outlines(objects: np.ndarray) -> list[Outline]:
    """Trace the outer edge of each object, in order of id.

    Regions are 8-connected: where two pixels meet at a corner the outline passes through it twice.
    Of an object in several pieces the largest piece is traced. ``objects``: (H, W) ids, 0 = none.
    """
    edges = _edges(objects)
    following = _next_edges(edges)
    loops = _loops(following)
    best: dict[int, tuple[float, np.ndarray]] = {}
    owner = edges.owner.tolist()
    for loop in loops:
        corners = edges.start[loop]
        row, column = corners[:, 0].astype(np.int64), corners[:, 1].astype(np.int64)
        # Clockwise on the screen is positive; the edge of a hole runs the other way round.
        area = float((column * np.roll(row, -1) - np.roll(column, -1) * row).sum()) / 2
        if area > best.get(owner[loop[0]], (0.0, None))[0]:
            turns = edges.side[loop] != edges.side[np.roll(loop, 1)]
            best[owner[loop[0]]] = area, corners[turns]
    return [Outline(identity, best[identity][1]) for identity in sorted(best)]


@dataclass(frozen=True, eq=False)
class _Edges:
    """Sides of pixels between an object and something else, walked with the object on the right.

    ``owner``: (E,) object id. ``start``: (E, 2) corner. ``side``: (E,) which of ``SIDES``.
    ``columns``: corners in a row of the image.
    """

    owner: np.ndarray
    start: np.ndarray
    side: np.ndarray
    columns: int


def _edges(objects: np.ndarray) -> _Edges:
    padded = np.pad(objects.astype(np.int64), 1)
    height, width = objects.shape
    owners, starts, sides = [], [], []
    for number, (corner, _, (down, right)) in enumerate(SIDES):
        other = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        pixel = np.argwhere((objects > 0) & (other != objects))
        owners.append(objects[pixel[:, 0], pixel[:, 1]])
        starts.append(pixel + corner)
        sides.append(np.full(len(pixel), number))
    return _Edges(np.concatenate(owners), np.concatenate(starts), np.concatenate(sides), width + 1)


def _next_edges(edges: _Edges) -> np.ndarray:
    """Return the edge that follows each: it begins where this one ends and has the same owner.

    Where two pixels of an object meet at a corner two edges begin; turning left there keeps the
    two pixels in one outline.
    """
    steps = np.array([step for _, step, _ in SIDES])
    corners = edges.start[:, 0] * edges.columns + edges.start[:, 1]
    end = edges.start + steps[edges.side]
    ends = end[:, 0] * edges.columns + end[:, 1]
    span = max(int(corners.max(initial=0)), int(ends.max(initial=0))) + 1
    begins = edges.owner.astype(np.int64) * span + corners
    wanted = edges.owner.astype(np.int64) * span + ends
    order = np.lexsort((edges.side, begins))
    first = np.searchsorted(begins[order], wanted, "left")
    last = np.searchsorted(begins[order], wanted, "right") - 1
    left_turn = (edges.side - 1) % 4
    one, two = order[first], order[last]
    return np.where(edges.side[two] == left_turn, two, one)


def _loops(following: np.ndarray) -> list[np.ndarray]:
    """Split the edges into closed walks, each an array of edge numbers in order."""
    after = following.tolist()
    visited = bytearray(len(after))
    loops = []
    for begin in range(len(after)):
        if visited[begin]:
            continue
        loop, edge = [], begin
        while not visited[edge]:
            visited[edge] = 1
            loop.append(edge)
            edge = after[edge]
        loops.append(np.array(loop))
    return loops
