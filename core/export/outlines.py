"""Outlines of labelled objects along the edges of their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.measure import label

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


@dataclass(frozen=True, eq=False)
class Polygon:
    """A 4-connected piece of an object with its holes; together the pieces cover its very pixels.

    ``exterior``: (N, 2) int, (row, column) of pixel corners, clockwise on the screen. ``holes``:
    likewise, counter-clockwise.
    """

    exterior: np.ndarray
    holes: tuple[np.ndarray, ...] = ()

    @property
    def rings(self) -> tuple[np.ndarray, ...]:
        """The exterior, then the holes."""
        return (self.exterior, *self.holes)


def outlines(objects: np.ndarray) -> list[Outline]:
    """Trace the outer edge of each object, in order of id.

    Regions are 8-connected: where two pixels meet at a corner the outline passes through it twice.
    Of an object in several pieces the largest piece is traced. ``objects``: (H, W) ids, 0 = none.
    """
    best: dict[int, tuple[float, np.ndarray]] = {}
    for owner, corners in _rings(objects):
        area = enclosed_area(corners)
        if area > best.get(owner, (0.0, None))[0]:
            best[owner] = area, corners
    return [Outline(identity, best[identity][1]) for identity in sorted(best)]


def polygons(objects: np.ndarray) -> dict[int, list[Polygon]]:
    """Trace every piece of each object with its holes, by id in rising order.

    Pieces are 4-connected, so that no ring touches itself: the polygons are valid as simple
    features (OGC 06-103r4). ``objects``: (H, W) ids, 0 = none.
    """
    pieces = label(objects, background=0, connectivity=1)
    exterior: dict[int, np.ndarray] = {}
    holes: dict[int, list[np.ndarray]] = {}
    for piece, corners in _rings(pieces):
        if enclosed_area(corners) > 0:
            exterior[piece] = corners
        else:
            holes.setdefault(piece, []).append(corners)
    found: dict[int, list[Polygon]] = {}
    first_pixel = np.unique(pieces, return_index=True)
    owner = dict(
        zip(first_pixel[0].tolist(), objects.ravel()[first_pixel[1]].tolist(), strict=True)
    )
    for piece in sorted(exterior, key=lambda one: (owner[one], one)):
        polygon = Polygon(exterior[piece], tuple(holes.get(piece, ())))
        found.setdefault(owner[piece], []).append(polygon)
    return found


def enclosed_area(corners: np.ndarray) -> float:
    """Return the area of a ring in px: positive clockwise on the screen, negative of a hole."""
    row, column = corners[:, 0].astype(np.int64), corners[:, 1].astype(np.int64)
    return float((column * np.roll(row, -1) - np.roll(column, -1) * row).sum()) / 2


def _rings(objects: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Return the object and the corners, (N, 2) (row, column), of every closed edge."""
    edges = _edges(objects)
    rings = []
    for loop in _loops(_next_edges(edges)):
        turns = edges.side[loop] != edges.side[np.roll(loop, 1)]
        rings.append((int(edges.owner[loop[0]]), edges.start[loop][turns]))
    return rings


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
