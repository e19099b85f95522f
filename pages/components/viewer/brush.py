"""The viewer's brush: strokes as they travel between browser and server, and what is believed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from core.segmentation.forest.strokes import ERASER, WIDEST_PX, Stroke
from core.types.segmentation import Phase

MOST_STROKES = 2000
MOST_POINTS = 50_000
# A stroke may leave the image, but not by more than a view can show.
FARTHEST_PX = 1e5
LONGEST_PX = 1e6


@dataclass(frozen=True)
class Brush:
    """What to mark with: ``phases`` to choose from and the ``strokes`` there are.

    ``revision``: higher than before where something else than the brush changed the strokes.
    ``on_strokes`` runs before the page does, with all strokes and the revision they began from.
    """

    phases: tuple[Phase, ...]
    strokes: tuple[Stroke, ...]
    revision: int
    on_strokes: Callable[[tuple[Stroke, ...], int], None]


def strokes_to(strokes: tuple[Stroke, ...]) -> list[object]:
    """Return strokes as [phase, width, [[x, y], ...]], the browser's order of coordinates."""
    return [
        [one.phase, one.width_px, [[column, row] for row, column in one.points]] for one in strokes
    ]


def strokes_from(sent: object, digest: str, phases: int) -> tuple[Stroke, ...] | None:
    """Return the strokes that the browser sent for the image of ``digest``.

    None for anything that no brush with so many ``phases`` can have drawn.
    """
    if not isinstance(sent, dict) or sent.get("digest") != digest:
        return None
    rows = sent.get("strokes")
    if not isinstance(sent.get("revision"), int) or not isinstance(rows, list):
        return None
    if len(rows) > MOST_STROKES:
        return None
    found = [_stroke(row, phases) for row in rows]
    if None in found or sum(len(one.points) for one in found) > MOST_POINTS:
        return None
    return tuple(found) if sum(map(_length_px, found)) <= LONGEST_PX else None


def _length_px(stroke: Stroke) -> float:
    return sum(math.dist(start, end) for start, end in pairwise(stroke.points))


def _stroke(row: object, phases: int) -> Stroke | None:
    if not isinstance(row, list) or len(row) != 3 or not isinstance(row[2], list):
        return None
    phase, width, points = row
    if not isinstance(phase, int) or not ERASER <= phase < phases:
        return None
    fits = _is_number(width) and 1 <= width <= WIDEST_PX and 0 < len(points) <= MOST_POINTS
    if not fits or not all(_is_point(point) for point in points):
        return None
    return Stroke(phase, float(width), tuple((float(y), float(x)) for x, y in points))


def _is_point(point: object) -> bool:
    if not isinstance(point, list) or len(point) != 2:
        return False
    return all(_is_number(one) and abs(one) <= FARTHEST_PX for one in point)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
