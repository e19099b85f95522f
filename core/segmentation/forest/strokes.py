"""Strokes of a brush, and which pixels they mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

WIDEST_PX = 30
ERASER = -1
PIECE_PX = 64


@dataclass(frozen=True)
class Stroke:
    """One stroke of a round brush. ``phase``: index, or :data:`ERASER`. ``width_px``: 1 to 30.

    ``points``: (row, column) in px from the image's corner, so 0.5 is the middle of a pixel.
    """

    phase: int
    width_px: float
    points: tuple[tuple[float, float], ...]


def draw_strokes(
    strokes: Sequence[Stroke], shape: tuple[int, int], onto: np.ndarray | None = None
) -> np.ndarray:
    """Return marks (H, W) uint8, 0 = unmarked: the strokes one after the other, newest on top.

    A pixel is marked where the brush covers its middle.

    ``onto``: marks (H, W) that lie below them.
    """
    values = np.zeros(shape, np.uint8) if onto is None else onto.copy()
    for stroke in strokes:
        points = np.array(stroke.points, np.float64) - 0.5
        # A thin brush between two pixels would mark neither.
        radius = max(stroke.width_px / 2, np.sqrt(0.5))
        for start, end in _pieces(points):
            _paint(values, start, end, radius, stroke.phase + 1)
    return values


def _pieces(points: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the ends of short pieces: the box around a long slanting line holds many pixels."""
    if len(points) == 1:
        yield points[0], points[0]
    for start, end in pairwise(points):
        corners = np.linspace(start, end, 1 + max(1, int(np.hypot(*(end - start)) // PIECE_PX)))
        yield from pairwise(corners)


def _paint(
    values: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float, value: int
) -> None:
    """Set the pixels whose middle lies within ``radius`` of a straight line, in place."""
    top, left = np.maximum(np.floor(np.minimum(start, end) - radius), 0).astype(int)
    last = np.ceil(np.maximum(start, end) + radius) + 1
    bottom, right = np.clip(last, 0, values.shape).astype(int)
    if top >= bottom or left >= right:
        return
    rows, columns = np.ogrid[top:bottom, left:right]
    down, across = end - start
    along = (rows - start[0]) * down + (columns - start[1]) * across
    along = np.clip(along / max(down**2 + across**2, 1e-12), 0, 1)
    away = (rows - start[0] - along * down) ** 2 + (columns - start[1] - along * across) ** 2
    values[top:bottom, left:right][away <= radius**2] = value
