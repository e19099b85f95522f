"""What was measured, and how a reference differs, as pictures over the micrograph."""

from __future__ import annotations

import cv2
import numpy as np

from core.fields.result import Drawing
from core.palette import rgb

LINE, HIT, RING, REMOVED = "#56B4E9", "#D55E00", "#FFFFFF", "#9A9A9A"
DIFFERENCES = ("#000000", "#D55E00", "#0072B2", "#CC79A7")
"""Colours of :data:`core.fields.agreement.DIFFERENT`; the first is not drawn."""
_SHIFT = 4
# Of the longer side of the image.
_LINE_SHARE, _HIT_SHARE = 1 / 900, 1 / 180


def measured_overlay(drawing: Drawing, shape: tuple[int, int]) -> np.ndarray:
    """Return test lines and hits as (H, W, 4) uint8 RGBA; a hit that was removed is a grey ring.

    ``shape``: (H, W) of the micrograph.
    """
    picture = np.zeros((*shape, 4), np.uint8)
    width = max(1, round(max(shape) * _LINE_SHARE))
    for line in drawing.lines:
        points = _fixed(line.points)
        cv2.polylines(picture, [points], False, _color(LINE), width, cv2.LINE_AA, _SHIFT)
    radius = max(3.0, max(shape) * _HIT_SHARE)
    hits = drawing.hits
    for place, counts in zip(_fixed(hits.places)[:, 0], hits.counts, strict=True):
        centre, fixed_radius = tuple(int(one) for one in place), round(radius * 2**_SHIFT)
        if counts:
            cv2.circle(picture, centre, fixed_radius, _color(HIT), cv2.FILLED, cv2.LINE_AA, _SHIFT)
        # A ring, as the phase below may have any colour.
        ring = RING if counts else REMOVED
        cv2.circle(picture, centre, fixed_radius, _color(ring), width, cv2.LINE_AA, _SHIFT)
    return picture


def nearest_hit(drawing: Drawing, row: int, column: int, shape: tuple[int, int]) -> int | None:
    """Return the id of the hit that a click at a pixel means; None where none is near."""
    hits = drawing.hits
    if not len(hits.ids):
        return None
    distances = np.hypot(hits.places[:, 0] - row, hits.places[:, 1] - column)
    nearest = int(distances.argmin())
    reach = max(4.0, 2 * max(shape) * _HIT_SHARE)
    return int(hits.ids[nearest]) if distances[nearest] <= reach else None


def differences_overlay(differences: np.ndarray) -> np.ndarray:
    """Return ``Agreement.differences``, (H, W) uint8, as (H, W, 4) uint8 RGBA."""
    table = np.array([[*rgb(color), 200] for color in DIFFERENCES], np.uint8)
    table[0] = 0
    return table[differences]


def _fixed(places: np.ndarray) -> np.ndarray:
    """Return (row, column) places as OpenCV's x, y in sixteenths of a pixel, (n, 1, 2)."""
    return np.rint(places[:, None, ::-1] * 2**_SHIFT).astype(np.int32)


def _color(color: str) -> tuple[int, int, int, int]:
    red, green, blue = (int(one) for one in rgb(color))
    return red, green, blue, 255
