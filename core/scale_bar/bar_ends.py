"""Where a bar ends, to a fraction of a px: at the middles of its ticks, or where its grey does."""

from __future__ import annotations

import numpy as np

from core.scale_bar.shapes import Bar, Run


def measured(grey: np.ndarray, mask: np.ndarray, run: Run) -> Bar:
    """Return a run with its ends to a fraction of a px: the middles of its ticks, where both ends
    have one, else where the grey is halfway between the bar and what it stands on."""
    ticks = ticks_of(mask, run)
    if ticks is None:
        ticks = _edge(grey, run, run.left, -1), _edge(grey, run, run.right, 1)
    return Bar(run.top, run.bottom, *ticks)


def ticks_of(mask: np.ndarray, run: Run) -> tuple[float, float] | None:
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


def _edge(grey: np.ndarray, run: Run, at: int, side: int) -> float:
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
