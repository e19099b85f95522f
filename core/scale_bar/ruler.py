"""The scale that is a row of eleven ticks, as on Hitachi's images."""

from __future__ import annotations

from itertools import pairwise
from operator import attrgetter

import cv2
import numpy as np

from core.scale_bar.shapes import Bar
from core.segmentation.annotations.drawn_marks import Box

REACH = 1.6
"""How far above or below its label it lies, in heights of the label."""
TICKS, FEWEST_TICKS = 11, 9
"""Marks of a ruler of ten parts, and how many must be seen."""


def ruler(mask: np.ndarray, label: Box) -> list[Bar]:
    """Return the row of eleven ticks that the label stands at, as on Hitachi's images."""
    wide = np.ones((1, max(4, round(0.4 * label.height))), np.uint8)
    strokes = mask & ~(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, wide) > 0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    marks = [
        Box(int(top), int(left), int(height), int(width))
        for left, top, width, height, area in stats[1:].tolist()
        if 3 <= height <= 2 * label.height
        and width <= max(3, 0.5 * height)
        and area >= 0.6 * width * height
        and abs(top + height / 2 - label.top - label.height / 2) > 0.3 * label.height
    ]
    found = []
    for first in marks:
        # Some are longer than the others, and then have one end in common with them.
        for side in (attrgetter("top"), attrgetter("bottom")):
            row = [one for one in marks if abs(side(one) - side(first)) <= 1]
            bar = _evenly(row) if len(row) >= FEWEST_TICKS else None
            if bar is not None and bar not in found and _is_at(bar, label):
                found.append(bar)
    return found


def _is_at(bar: Bar, label: Box) -> bool:
    gap = max(bar.top - label.bottom, label.top - bar.bottom)
    middle = label.left + label.width / 2
    return gap <= REACH * label.height and bar.left < middle < bar.right + label.width


def _evenly(ticks: list[Box]) -> Bar | None:
    """Return ticks as a bar, from the middle of the first to that of the last of eleven; None
    where they are not evenly spaced. One or two between may be hidden."""
    middles = sorted(one.left + one.width / 2 for one in ticks)
    step = float(np.median([after - before for before, after in pairwise(middles)]))
    if step < 4:
        return None
    places = [
        (middle - middles[0]) / ((middles[-1] - middles[0]) / (TICKS - 1)) for middle in middles
    ]
    off = max(abs(place - round(place)) for place in places)
    span = (middles[-1] - middles[0]) / step
    if off > 0.15 or abs(span - (TICKS - 1)) > 0.4 or len({round(p) for p in places}) < len(places):
        return None
    return Bar(ticks[0].top, min(one.bottom for one in ticks), middles[0], middles[-1])
