"""Find the info bar that many microscopes draw below the image, and some above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.formats.reading.grey import Levels

_SHARE = 0.30
"""Largest share of the image's height that a bar takes."""
_FEWEST_ROWS, _FEWEST_COLUMNS = 10, 16
_BAR, _BAR_BODY, _IMAGE, _BODY_SHARE = 0.8, 0.6, 0.5, 0.7
_BEYOND = 3
_TOLERANCES = ((0, 8), (24,))
"""Grey levels about the bar's own: 0 as drawn, 8 after JPEG or resizing, 24 after a strong one."""
_RULED, _THICKEST_LINE = 0.99, 3
_CONTRAST = 64
"""Grey levels between the bar and what is written in it."""
_FEWEST_STROKES, _SHORTEST_SCALE_BAR, _MOST_WRITING = 6, 20, 0.4
_CLEAN, _CLEAN_SHARE, _FRAME = 0.03, 0.2, 0.8
_PERCENTILES, _SAMPLED = (0.5, 99.5), 1_000_000


@dataclass(frozen=True)
class InfoBars:
    """Rows at the top and at the bottom that are writing, not image; 0 = none."""

    top: int
    bottom: int


def find_info_bars(levels: Levels) -> InfoBars:
    """Return the info bars of an image.

    A bar begins where, from one row to the next, most pixels take one grey level that most pixels
    of the image beside it do not have; most of its rows keep it, some of them clean, and there is
    writing in it: a row that crosses at least 6 strokes of another grey level, or a scale bar. A
    flat bottom of a sample has the first without the last. The bar may end before the image does:
    below a ZEISS bar lie one or two rows of image.
    """
    height, width = levels.values.shape
    rows = int(height * _SHARE) + _BEYOND
    if rows - _BEYOND < _FEWEST_ROWS or width < _FEWEST_COLUMNS:
        return InfoBars(0, 0)
    top, bottom = _eight_bit(levels, (slice(0, rows), slice(height - rows, height)))
    return InfoBars(_bar_rows(top[::-1]), _bar_rows(bottom))


def _bar_rows(rows: np.ndarray) -> int:
    """Return the rows of a bar that reaches to the end of ``rows`` (n, W) uint8, 0 without one."""
    counts = np.stack([np.bincount(row, minlength=256) for row in rows])
    for tolerances in _TOLERANCES:
        found = [top for one in tolerances if (top := _first_row(rows, counts, one)) is not None]
        if found:
            return len(rows) - _with_lines(counts, min(found))
    return 0


def _first_row(rows: np.ndarray, counts: np.ndarray, tolerance: int) -> int | None:
    """Return where a bar begins in ``rows`` (n, W); ``counts``: (n, 256) of their grey levels."""
    up_to = np.pad(counts.cumsum(axis=1), ((0, 0), (1, 0)))
    tops = np.arange(_BEYOND, len(rows) - _FEWEST_ROWS + 1)
    level = (counts[tops] + counts[tops + 1] + counts[tops + 2]).argmax(axis=1)
    low, high = np.maximum(level - tolerance, 0), np.minimum(level + tolerance, 255) + 1
    own = (up_to[tops, high] - up_to[tops, low]) / rows.shape[1]
    # Most rows are image, and what is left costs a pass over all rows for each of these.
    for at in np.flatnonzero(own >= _BAR):
        top = int(tops[at])
        near = (up_to[:, high[at]] - up_to[:, low[at]]) / rows.shape[1]
        if _begins(near, top) and _has_writing(rows[top:], counts[top:].argmax(axis=1)):
            return top
    return None


def _with_lines(counts: np.ndarray, top: int) -> int:
    """Return where the ruled line above a bar begins, ``top`` when there is none."""
    ruled = counts.max(axis=1) >= _RULED * counts.sum(axis=1)
    for row in range(top, max(top - _THICKEST_LINE, 0), -1):
        if not ruled[row - 1]:
            return row
    return max(top - _THICKEST_LINE, 0)


def _begins(near: np.ndarray, top: int) -> bool:
    """Whether a bar begins at ``top``; ``near``: each row's share of pixels of the bar's level."""
    return bool(
        near[top : top + 3].mean() >= _BAR
        and near[top - _BEYOND : top].max() < _IMAGE
        and (near[top:] >= _BAR_BODY).mean() >= _BODY_SHARE
    )


def _has_writing(bar: np.ndarray, levels: np.ndarray) -> bool:
    """Whether ``bar`` (n, W) holds letters or a scale bar, and is clean beside them.

    ``levels``: the commonest grey level of each row.
    """
    written = np.abs(bar.astype(np.int16) - levels[:, None]) > _CONTRAST
    # The sides of a frame run through all rows.
    written &= written.mean(axis=0) < _FRAME
    clean = (written.mean(axis=1) <= _CLEAN).mean()
    if written.mean() > _MOST_WRITING or clean < _CLEAN_SHARE:
        return False
    strokes = (written[:, 1:] & ~written[:, :-1]).sum(axis=1).max()
    return bool(strokes >= _FEWEST_STROKES) or _longest_flat_top(written) >= _SHORTEST_SCALE_BAR


def _longest_flat_top(written: np.ndarray) -> int:
    """Return the columns of the longest straight upper edge in ``written`` (n, W) bool."""
    tops = written[1:-1] & ~written[:-2] & written[2:]
    longest = 0
    for row in tops[tops.sum(axis=1) >= _SHORTEST_SCALE_BAR]:
        ends = np.flatnonzero(np.diff(np.pad(row, 1).astype(np.int8)))
        longest = max(longest, int((ends[1::2] - ends[::2]).max()))
    return longest


def _eight_bit(levels: Levels, parts: tuple[slice, ...]) -> list[np.ndarray]:
    """Return rows of the image as uint8; wider samples are scaled by the middle of the image.

    A bar of 0 and 65535 beside an image of 12 bits would leave that image a few grey levels.
    """
    values, absent = levels.values, levels.absent
    if values.dtype == np.uint8:
        return [values[part] for part in parts]
    low, high = levels.full_scale or _middle_range(values, absent)
    if not 0 < high - low < np.inf:
        return [np.zeros(values[part].shape, np.uint8) for part in parts]
    found = []
    for part in parts:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (values[part].astype(np.float64) - low) * (255 / (high - low))
        scaled[~np.isfinite(scaled) if absent is None else absent[part]] = 0
        found.append(np.clip(scaled, 0, 255).astype(np.uint8))
    return found


def _middle_range(values: np.ndarray, absent: np.ndarray | None) -> tuple[float, float]:
    if np.iscomplexobj(values):
        return 0.0, 0.0
    beyond = int(len(values) * _SHARE)
    rows = slice(beyond, len(values) - beyond)
    middle = values[rows].ravel() if absent is None else values[rows][~absent[rows]]
    if not middle.size:
        return 0.0, 0.0
    sample = middle[:: max(1, middle.size // _SAMPLED)].astype(np.float64)
    low, high = np.percentile(sample, _PERCENTILES)
    return float(low), float(high)
