"""Which marks of an image stand in rows, as letters do, and which of these rows are texture."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np

from core.segmentation.annotations.drawn_marks import Mark

AROUND, FEW_AROUND = 6.0, 2
"""How far around a row, in its heights, letter-like regions outside rows speak against writing, and
how many never do."""
WORD, ON_LINE = 4, 0.08
"""Letters that make a word by standing on one line, and how far off it, in heights, they may be."""


def rows_of_writing(marks: Sequence[Mark], letters: Sequence[Mark]) -> list[list[Mark]]:
    """Return rows that may be writing: a letter, and marks of its height beside it, one after the
    other, at least one of them a letter too. ``letters``: of the ``marks``."""
    if not letters:
        return []
    ordered = sorted(marks, key=lambda one: one.left)
    place = {id(mark): index for index, mark in enumerate(ordered)}
    beside = list(_neighbours(ordered))
    found = []
    for letter in letters:
        row, own, last = [letter], place[id(letter)], -1
        waiting = beside[own].copy()
        while waiting:
            # From the left to the right, each once.
            index = heapq.heappop(waiting)
            if index <= last or index == own:
                continue
            row.append(ordered[index])
            last = index
            for further in beside[index]:
                if further > index:
                    heapq.heappush(waiting, further)
        if len(row) > 1 and sum(one.is_letter for one in row) > 1:
            found.append(row)
    return found


def without_texture(rows: Sequence[list[Mark]], letters: Sequence[Mark]) -> list[list[Mark]]:
    """Return the ``rows`` that are no :func:`is_texture` among the ``letters`` outside them.

    What is taken for texture speaks against the rows beside it.
    """
    kept = list(rows)
    in_rows = {mark for row in kept for mark in row}
    others = [mark for mark in letters if mark not in in_rows]
    while True:
        scattered = Scattered(others)
        texture = [is_texture(row, scattered) for row in kept]
        if not any(texture):
            return kept
        taken = {mark for row in compress(kept, texture) for mark in row if mark.is_letter}
        others = [*others, *taken.difference(others)]
        kept = [row for row, is_one in zip(kept, texture, strict=True) if not is_one]


class Scattered:
    """Regions of a letter's shape that stand in no row."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks, self._boxes = marks, _boxes(marks)

    def around(self, row: Sequence[Mark]) -> int:
        """Return how many of them, of about the height of a ``row``, lie near and not in it."""
        height = max(mark.height for mark in row)
        reach = round(AROUND * height)
        top, bottom, left, right, heights = self._boxes
        near = (
            (min(mark.top for mark in row) - reach < bottom)
            & (top < max(mark.bottom for mark in row) + reach)
            & (min(mark.left for mark in row) - reach < right)
            & (left < max(mark.right for mark in row) + reach)
            & (0.4 * height <= heights)
            & (heights <= 2.5 * height)
        )
        return sum(self._marks[index] not in row for index in np.flatnonzero(near).tolist())


def is_texture(row: Sequence[Mark], others: Scattered) -> bool:
    """Return whether more regions of a letter's shape, in ``others``, lie scattered around a row
    than in it: precipitates and pores, of which some happen to stand in a row. A word whose letters
    stand on one line is none."""
    height = max(mark.height for mark in row)
    feet = np.array([mark.bottom for mark in row])
    on_line = np.abs(feet[:, None] - feet) <= ON_LINE * height
    if on_line.sum(axis=1).max() >= WORD:
        return False
    return others.around(row) > max(FEW_AROUND, len(row))


def _neighbours(marks: Sequence[Mark]) -> Iterator[list[int]]:
    """Yield, for each mark, the indices of those that stand on one line of writing with it, next to
    it, rising."""
    top, bottom, left, right, height = _boxes(marks)
    for one in range(len(marks)):
        taller = np.maximum(height, height[one])
        gap = np.maximum(left, left[one]) - np.minimum(right, right[one])
        off = np.minimum(np.abs(bottom - bottom[one]), np.abs(top - top[one]))
        alike = np.minimum(height, height[one]) >= 0.5 * taller
        near = alike & (off <= 0.25 * taller) & (gap <= 1.2 * taller)
        yield np.flatnonzero(near).tolist()


def _boxes(marks: Sequence[Mark]) -> np.ndarray:
    """Return top, bottom, left, right and height (5, n) of the marks in px."""
    boxes = [(one.top, one.bottom, one.left, one.right, one.height) for one in marks]
    return np.array(boxes, np.int64).reshape(-1, 5).T
