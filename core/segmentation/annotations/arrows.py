"""Arrows that were drawn into an image: a straight shaft of one width with a head at one end."""

from __future__ import annotations

import cv2
import numpy as np

from core.segmentation.annotations.drawn_marks import PURE, Mark, is_flat, marks_as_pure

SHORTEST_PX = 26
ARROW_SHARE, MOST_ARROW_FILL = 0.35, 0.45
"""Of the image's longer side, the longest arrow; of the square of its length, its largest area."""
HEAD_BY_SHAFT = 1.6
"""Width of a slice of the head, in widths of the shaft."""
WIDEST_BY_SHAFT = 1.8
"""Least width of the head where it is widest."""
GRID_PX = 4
"""Slices that are averaged: a slanted line of one pixel has 0 to 2 px in single ones."""
MOST_HEAD = 0.55
"""Largest length of the head, as a share of the whole."""
LEAST_ELONGATION = 2.0
STRAIGHT_PX = 0.4
"""Largest mean distance of the shaft's middle from a straight line."""
EVEN = 0.2
"""Largest spread of the shaft's width, as a share of it or half a pixel, whichever is more."""


def arrows_in(level: np.ndarray, numbers: np.ndarray, stats: np.ndarray) -> list[Mark]:
    """Return the regions that are arrows of one grey level.

    ``level``: (H, W) in [0, 1], what was drawn being 1. ``numbers``: (H, W), its connected regions.
    ``stats``: OpenCV's of them, (n, 5).
    """
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    largest = ARROW_SHARE * max(numbers.shape)
    sized = np.flatnonzero((sides[1:] >= SHORTEST_PX * 0.7) & (sides[1:] <= largest)) + 1
    slim = sized[stats[sized, cv2.CC_STAT_AREA] <= MOST_ARROW_FILL * sides[sized] ** 2]
    return [
        mark
        for mark in marks_as_pure(level, numbers, stats, slim, PURE)
        if _is_inside(mark, numbers.shape)
        and is_flat(level, numbers, mark)
        and is_arrow(_part(numbers, mark))
    ]


def _is_inside(mark: Mark, shape: tuple[int, int]) -> bool:
    is_lower = mark.top > 0 and mark.left > 0
    return is_lower and mark.bottom < shape[0] and mark.right < shape[1]


def _part(numbers: np.ndarray, mark: Mark) -> np.ndarray:
    return numbers[mark.place] == mark.number


def is_arrow(mask: np.ndarray) -> bool:
    """Return whether the pixels of ``mask`` (H, W) bool have the shape of an arrow.

    Along its longest axis an arrow has one even width, and at one end a head that is wider and ends
    in a tip. A rod has no head, and what tapers has no even shaft.
    """
    points = np.argwhere(mask).astype(float)
    if len(points) < SHORTEST_PX:
        return False
    points -= points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(points.T))
    along, across = points @ axes[:, 1], points @ axes[:, 0]
    length = np.ptp(along) + 1
    if length < max(SHORTEST_PX, LEAST_ELONGATION * (np.ptp(across) + 1)):
        return False
    slices = np.floor(along - along.min()).astype(int)
    counts = np.bincount(slices, minlength=slices.max() + 1).astype(float)
    sums = np.bincount(slices, across, minlength=slices.max() + 1)
    widths = _averaged(counts)
    middles = _averaged(sums) / np.maximum(widths, 1 / GRID_PX)
    return _has_head(widths, middles, counts[-1]) or _has_head(
        widths[::-1], middles[::-1], counts[0]
    )


def _averaged(values: np.ndarray) -> np.ndarray:
    return np.convolve(values, np.full(GRID_PX, 1 / GRID_PX), "valid")


def _has_head(widths: np.ndarray, middles: np.ndarray, tip: float) -> bool:
    """Return whether the slices along the axis begin with an even, straight shaft and end with a
    head. ``widths``, ``middles``: (n,) px of each slice; ``tip``: width of the very last in px."""
    shaft = float(np.median(widths[: len(widths) // 3]))
    wide = np.flatnonzero(widths >= HEAD_BY_SHAFT * shaft)
    if not wide.size or wide[0] < (1 - MOST_HEAD) * len(widths):
        return False
    widest = widths[wide[0] :].max()
    if widest < WIDEST_BY_SHAFT * shaft + 0.5 or tip > 0.5 * widest:
        return False
    body = slice(1, max(2, wide[0] - 1))
    if float(np.abs(widths[body] - shaft).mean()) > max(EVEN * shaft, 0.5):
        return False
    way = np.arange(len(middles[body]))
    bend = middles[body] - np.polyval(np.polyfit(way, middles[body], 1), way)
    return float(np.abs(bend).mean()) <= STRAIGHT_PX
