"""The bar beside a label: a straight line of one colour, a broken one around it, or a row of ticks.

All coordinates are in px from the image's upper left corner, so that pixel 0 spans 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

import cv2
import numpy as np

from core.segmentation.drawn_marks import Box

SHORTEST_PX, SHORTEST, THICKEST = 20, 0.55, 2.2
"""Least length of a bar: in px, in heights of the box around its label, in its own thickness."""
REACH, REACH_BESIDE = 1.6, 6.0
"""How far above or below its label a bar lies, and how far beside it, in heights of the label."""
THINNEST_BESIDE = 0.25
"""Least thickness of a bar beside its label, in that height: a thinner line without ticks at both
ends has its other half on the label's other side."""
CONTRAST = 0.12
"""Least difference of grey between writing and what it stands on, black to white being 1."""
UNIFORM = 0.08
"""Largest standard deviation of the greys along a bar."""
STEP, END_STEP = 0.5, 0.6
"""Least difference of grey between a bar and the rows beside it, in that of the label; between it
and what lies beyond its ends, in that of the rows."""
MOST_BESIDE = 3.0
"""Largest region that a bar may be part of, in its own area: with ticks, or with a letter."""
COVERED = 0.35
"""Largest share of a bar's length with its colour right above or below it: a tick, a letter."""
TICKS, FEWEST_TICKS = 11, 9
"""Marks of a ruler of ten parts, and how many must be seen."""


@dataclass(frozen=True)
class Bar:
    """Where a bar begins and ends: ``left`` and ``right``, to a fraction of a px, in the rows from
    ``top`` to ``bottom``, the last not included."""

    top: int
    bottom: int
    left: float
    right: float

    @property
    def length_px(self) -> float:
        """From end to end."""
        return self.right - self.left


@dataclass(frozen=True)
class _Run:
    """Rows of one colour with the same ends; ``bottom`` and ``right`` are exclusive."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def bars_near(grey: np.ndarray, label: Box) -> tuple[Bar, ...]:
    """Return the bars that may belong to a label.

    ``grey``: (H, W) in [0, 1]. ``label``: the box around it. Bars of the writing's own colour
    count; those of the opposite one only where there are none.
    """
    reach = round((REACH + 1.6) * label.height)
    top, bottom = max(0, label.top - reach), min(len(grey), label.bottom + reach)
    window = grey[top:bottom]
    place = Box(label.top - top, label.left, label.height, label.width)
    for ink in _inks(window, place):
        found = _bars_of(window, place, ink)
        if found:
            return tuple(Bar(one.top + top, one.bottom + top, one.left, one.right) for one in found)
    return ()


@dataclass(frozen=True)
class _Ink:
    """What is written with: ``level`` of grey, on about ``ground``; ``page``: the commonest level
    around the letters."""

    level: float
    ground: float
    page: float

    def mask(self, grey: np.ndarray) -> np.ndarray:
        """Return where ``grey`` is nearer to the ink than to the ground."""
        middle = (self.level + self.ground) / 2
        return grey > middle if self.level > self.ground else grey < middle


def _inks(grey: np.ndarray, label: Box) -> list[_Ink]:
    """Return bright and dark ink, the one with fewer pixels in the label's box first."""
    part = grey[max(label.top, 0) : label.bottom, max(label.left, 0) : label.right]
    low, ground, high = (float(one) for one in np.percentile(part, (2, 50, 98)))
    middle = (low + high) / 2
    bright_is_rare = float((part > middle).mean()) < 0.5
    inks = [_Ink(high, min(ground, middle), ground), _Ink(low, max(ground, middle), ground)]
    inks = inks if bright_is_rare else inks[::-1]
    return [ink for ink in inks if abs(ink.level - ink.ground) >= CONTRAST]


def _bars_of(grey: np.ndarray, label: Box, ink: _Ink) -> list[Bar]:
    mask = ink.mask(grey)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    lines = _runs(mask)
    runs = [run for run in lines if _is_bar(grey, mask, run, ink)]
    runs = [run for run in runs if _is_alone(numbers, areas, run)]
    whole = _around(runs, label) or [
        run for run in runs if _may_belong(mask, run, label) and not _has_partner(run, lines, label)
    ]
    return [_measured(grey, mask, run) for run in whole] or _ruler(mask, label)


def _runs(mask: np.ndarray) -> list[_Run]:
    """Return the runs of at least ``SHORTEST_PX`` in the rows of ``mask``, like ones of
    neighbouring rows together."""
    found: list[_Run] = []
    growing: list[_Run] = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0))
        now = []
        for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if right - left < SHORTEST_PX:
                continue
            run = next((one for one in growing if _continues(one, left, right)), None)
            now.append(_Run(run.top if run else row, row + 1, left, right))
            if run:
                growing.remove(run)
        found += growing
        growing = now
    return found + growing


def _continues(run: _Run, left: int, right: int) -> bool:
    return abs(run.left - left) <= 2 and abs(run.right - right) <= 2


def _may_belong(mask: np.ndarray, run: _Run, label: Box) -> bool:
    """Return whether a run is near enough to a label, and of a bar's size."""
    height = label.height
    if run.height > max(1.2 * height, 3) or run.width < SHORTEST * height:
        return False
    gap = max(run.top - label.bottom, label.top - run.bottom)
    across = max(run.left - label.right, label.left - run.right)
    if across < 0:
        # The box around a label is larger than its letters.
        return -0.45 * height <= gap <= REACH * height
    is_whole = run.height >= THINNEST_BESIDE * height or _ticks(mask, run) is not None
    return gap < 0 and across <= REACH_BESIDE * height and is_whole


def _is_bar(grey: np.ndarray, mask: np.ndarray, run: _Run, ink: _Ink) -> bool:
    """Return whether a run is of one colour, which ends on all its sides within the image."""
    height, width = mask.shape
    inside = run.top >= 2 and run.bottom < height and run.left >= 1 and run.right < width
    if not inside or run.width < THICKEST * run.height:
        return False
    columns, row = slice(run.left + 2, run.right - 2), (run.top + run.bottom - 1) // 2
    outside = [run.top - 2, min(run.bottom + 1, height - 1)]
    middle, around = grey[row, columns], mask[outside]
    level, contrast = float(np.median(middle)), abs(ink.level - ink.ground)
    step = float(np.abs(level - np.median(grey[outside, columns], axis=1)).min())
    ends = (
        grey[row, max(run.left - 7, 0) : run.left - 1],
        grey[row, run.right + 1 : run.right + 7],
    )
    return bool(
        float(middle.std()) <= UNIFORM
        and float(around[:, columns].mean(axis=1).max()) <= COVERED
        and not _has_blocks(around, run)
        and not _has_arrowheads(around, run)
        and min(step, abs(level - ink.page)) >= STEP * contrast
        and all(end.size and abs(level - float(np.median(end))) >= END_STEP * step for end in ends)
    )


def _has_blocks(around: np.ndarray, run: _Run) -> bool:
    """Return whether broad blocks stand at both ends, above or below: the length may be meant from
    the middle of one to that of the other, or around them. ``around``: (2, W) of the mask."""
    left = around[:, run.left + 1 : run.left + 5]
    right = around[:, run.right - 5 : run.right - 1]
    return bool((left.all(axis=1) & right.all(axis=1)).any())


def _has_arrowheads(around: np.ndarray, run: _Run) -> bool:
    """Return whether the barbs of an arrow stand above and below both ends, a little inwards: its
    tips fade, so nobody knows where it ends. ``around``: (2, W) of the mask."""
    left = around[:, run.left + 2 : run.left + 9].any(axis=1)
    right = around[:, run.right - 9 : run.right - 2].any(axis=1)
    ticks = around[:, [run.left, run.right - 1]].any()
    return bool(left.all() and right.all() and not ticks)


def _is_alone(numbers: np.ndarray, areas: np.ndarray, run: _Run) -> bool:
    """Return whether a run is most of its region: no part of a plate, of its outline or of the
    specimen. ``numbers``: (H, W) of the regions; ``areas``: of each, in px."""
    number = numbers[(run.top + run.bottom - 1) // 2, (run.left + run.right) // 2]
    return bool(areas[number] <= MOST_BESIDE * run.width * run.height)


def _around(runs: list[_Run], label: Box) -> list[_Run]:
    """Return the bars that the label stands in: two lines of one length, left and right of it."""
    middle = label.top + label.height / 2
    level = [
        run
        for run in runs
        if abs((run.top + run.bottom) / 2 - middle) <= 0.35 * label.height
        and run.height < max(2, THINNEST_BESIDE * label.height)
    ]
    return [
        _Run(one.top, one.bottom, one.left, other.right)
        for one in level
        for other in level
        if _flank(one, other, label)
    ]


def _flank(one: _Run, other: _Run, label: Box) -> bool:
    gap, middle = other.left - one.right, (one.right + other.left) / 2
    alike = abs(one.width - other.width) <= 0.15 * max(one.width, other.width) + 2
    fits = label.height <= gap <= 12 * label.height and label.left < middle < label.right
    return alike and fits and abs(one.top - other.top) <= 1


def _has_partner(run: _Run, lines: list[_Run], label: Box) -> bool:
    """Return whether a line on the label's other side makes a run the half of a broken bar."""
    middle, reach = label.left + label.width / 2, 3 * label.height
    return any(
        abs(other.top - run.top) <= 1
        and min(run.right, other.right) < middle < max(run.left, other.left)
        and max(run.left, other.left) < label.right + reach
        and min(run.right, other.right) > label.left - reach
        for other in lines
    )


def _measured(grey: np.ndarray, mask: np.ndarray, run: _Run) -> Bar:
    """Return a run with its ends to a fraction of a px: the middles of its ticks, where both ends
    have one, else where the grey is halfway between the bar and what it stands on."""
    ticks = _ticks(mask, run)
    if ticks is None:
        ticks = _edge(grey, run, run.left, -1), _edge(grey, run, run.right, 1)
    return Bar(run.top, run.bottom, *ticks)


def _ticks(mask: np.ndarray, run: _Run) -> tuple[float, float] | None:
    """Return the middles of the ticks at the ends of a bar, None unless both ends have one."""
    for rows in (range(run.top - 1, run.top - 4, -1), range(run.bottom, run.bottom + 3)):
        if all(0 <= row < len(mask) for row in rows):
            lines: np.ndarray = np.logical_and.reduce(mask[list(rows)])
            left = _tick(lines[max(run.left - 1, 0) : run.left + 7])
            right = _tick(lines[run.right - 7 : run.right + 1][::-1])
            if left is not None and right is not None:
                return max(run.left - 1, 0) + left, min(run.right + 1, len(lines)) - right
    return None


def _tick(line: np.ndarray) -> float | None:
    """Return the middle of a tick of 1 to 4 px that begins within the first 3 of ``line`` (n,)."""
    columns = np.flatnonzero(line)
    if not columns.size or columns[0] > 2 or np.ptp(columns) > 3:
        return None
    return float(columns[0] + columns[-1] + 1) / 2


def _edge(grey: np.ndarray, run: _Run, at: int, side: int) -> float:
    """Return where the grey crosses halfway from the bar to what lies beyond its end."""
    rows = slice(run.top + run.height // 4, run.bottom - run.height // 4)
    profile = grey[rows].mean(axis=0)
    inside = float(np.median(profile[run.left + 2 : run.right - 2]))
    beyond = profile[max(at - 7, 0) : at - 2] if side < 0 else profile[at + 2 : at + 7]
    if not beyond.size:
        return float(at)
    middle = (inside + float(np.median(beyond))) / 2
    sign = 1 if inside > middle else -1
    first = at - side * 3
    for column in range(first, at + side * 5, side):
        after = column + side
        if not (0 <= column < len(profile) and 0 <= after < len(profile)):
            break
        here, there = sign * (profile[column] - middle), sign * (profile[after] - middle)
        if here >= 0 > there:
            return float(column + 0.5 + side * here / (here - there))
    return float(at)


def _ruler(mask: np.ndarray, label: Box) -> list[Bar]:
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
