"""The bar beside a label: a straight line of one colour, a broken one around it, or a row of ticks.

All coordinates are in px from the image's upper left corner, so that pixel 0 spans 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.scale_bar.bar_ends import measured, ticks_of
from core.scale_bar.ruler import REACH, ruler
from core.scale_bar.shapes import Bar, Run
from core.segmentation.annotations.drawn_marks import Box

SHORTEST_PX, SHORTEST, THICKEST = 20, 0.55, 2.2
"""Least length of a bar: in px, in heights of the box around its label, in its own thickness."""
REACH_BESIDE = 6.0
"""How far beside its label a bar lies, in heights of the label."""
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
    return [measured(grey, mask, run) for run in whole] or ruler(mask, label)


def _runs(mask: np.ndarray) -> list[Run]:
    """Return the runs of at least ``SHORTEST_PX`` in the rows of ``mask``, like ones of
    neighbouring rows together."""
    found: list[Run] = []
    growing: list[Run] = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0))
        now = []
        for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if right - left < SHORTEST_PX:
                continue
            run = next((one for one in growing if _continues(one, left, right)), None)
            now.append(Run(run.top if run else row, row + 1, left, right))
            if run:
                growing.remove(run)
        found += growing
        growing = now
    return found + growing


def _continues(run: Run, left: int, right: int) -> bool:
    return abs(run.left - left) <= 2 and abs(run.right - right) <= 2


def _may_belong(mask: np.ndarray, run: Run, label: Box) -> bool:
    """Return whether a run is near enough to a label, and of a bar's size."""
    height = label.height
    if run.height > max(1.2 * height, 3) or run.width < SHORTEST * height:
        return False
    gap = max(run.top - label.bottom, label.top - run.bottom)
    across = max(run.left - label.right, label.left - run.right)
    if across < 0:
        # The box around a label is larger than its letters.
        return -0.45 * height <= gap <= REACH * height
    is_whole = run.height >= THINNEST_BESIDE * height or ticks_of(mask, run) is not None
    return gap < 0 and across <= REACH_BESIDE * height and is_whole


def _is_bar(grey: np.ndarray, mask: np.ndarray, run: Run, ink: _Ink) -> bool:
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


def _has_blocks(around: np.ndarray, run: Run) -> bool:
    """Return whether broad blocks stand at both ends, above or below: the length may be meant from
    the middle of one to that of the other, or around them. ``around``: (2, W) of the mask."""
    left = around[:, run.left + 1 : run.left + 5]
    right = around[:, run.right - 5 : run.right - 1]
    return bool((left.all(axis=1) & right.all(axis=1)).any())


def _has_arrowheads(around: np.ndarray, run: Run) -> bool:
    """Return whether the barbs of an arrow stand above and below both ends, a little inwards: its
    tips fade, so nobody knows where it ends. ``around``: (2, W) of the mask."""
    left = around[:, run.left + 2 : run.left + 9].any(axis=1)
    right = around[:, run.right - 9 : run.right - 2].any(axis=1)
    ticks = around[:, [run.left, run.right - 1]].any()
    return bool(left.all() and right.all() and not ticks)


def _is_alone(numbers: np.ndarray, areas: np.ndarray, run: Run) -> bool:
    """Return whether a run is most of its region: no part of a plate, of its outline or of the
    specimen. ``numbers``: (H, W) of the regions; ``areas``: of each, in px."""
    number = numbers[(run.top + run.bottom - 1) // 2, (run.left + run.right) // 2]
    return bool(areas[number] <= MOST_BESIDE * run.width * run.height)


def _around(runs: list[Run], label: Box) -> list[Run]:
    """Return the bars that the label stands in: two lines of one length, left and right of it."""
    middle = label.top + label.height / 2
    level = [
        run
        for run in runs
        if abs((run.top + run.bottom) / 2 - middle) <= 0.35 * label.height
        and run.height < max(2, THINNEST_BESIDE * label.height)
    ]
    return [
        Run(one.top, one.bottom, one.left, other.right)
        for one in level
        for other in level
        if _flank(one, other, label)
    ]


def _flank(one: Run, other: Run, label: Box) -> bool:
    gap, middle = other.left - one.right, (one.right + other.left) / 2
    alike = abs(one.width - other.width) <= 0.15 * max(one.width, other.width) + 2
    fits = label.height <= gap <= 12 * label.height and label.left < middle < label.right
    return alike and fits and abs(one.top - other.top) <= 1


def _has_partner(run: Run, lines: list[Run], label: Box) -> bool:
    """Return whether a line on the label's other side makes a run the half of a broken bar."""
    middle, reach = label.left + label.width / 2, 3 * label.height
    return any(
        abs(other.top - run.top) <= 1
        and min(run.right, other.right) < middle < max(run.left, other.left)
        and max(run.left, other.left) < label.right + reach
        and min(run.right, other.right) > label.left - reach
        for other in lines
    )
