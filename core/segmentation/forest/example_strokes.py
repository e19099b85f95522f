"""Strokes that a careful user would draw, from labels that are known: for samples and measuring."""

from __future__ import annotations

import cv2
import numpy as np

from core.segmentation.forest.strokes import Stroke

STROKES_OF_A_PHASE = 2
LONGEST_PX = 60
WIDEST_PX = 5
DIRECTIONS = 8
# From a phase's edge: beside it, where the forest has to decide, but not on the last pixels.
NEAREST_PX, FARTHEST_PX = 3, 8


def example_strokes(
    labels: np.ndarray, phases: int, strokes: int = STROKES_OF_A_PHASE, seed: int = 0
) -> tuple[Stroke, ...]:
    """Return straight strokes inside the phases of ``labels`` (H, W), by a fixed rule.

    The middle of a stroke is drawn at random from the pixels 3 to 8 px inside the phase's edge,
    or from its innermost where it is thinner; it runs in the direction that stays inside for
    longest, up to 60 px. The brush is as wide as fits,
    up to 5 px. A phase that is absent gets none.
    """
    random, found = np.random.default_rng(seed), []
    for phase in range(phases):
        depth = _depth(labels == phase)
        if not depth.any():
            continue
        near = (depth >= min(NEAREST_PX, depth.max())) & (depth <= FARTHEST_PX)
        middles = np.argwhere(near)
        for row, column in middles[random.integers(len(middles), size=strokes)]:
            found.append(_stroke(phase, depth, int(row), int(column)))
    return tuple(found)


def correcting_stroke(labels: np.ndarray, found: np.ndarray) -> Stroke | None:
    """Return the stroke of a user who sees that ``found`` (H, W) is not ``labels`` (H, W).

    Its middle is that of the widest place that is wrong, and it stays inside the phase that is
    right there. None where nothing is wrong.
    """
    wrong = _depth(labels != found)
    if not wrong.any():
        return None
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    phase = int(labels[row, column])
    return _stroke(phase, _depth(labels == phase), int(row), int(column))


def _depth(inside: np.ndarray) -> np.ndarray:
    """Return how far (H, W) each pixel of a mask lies from its edge, that of the image included."""
    padded = np.pad(inside.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]


def _stroke(phase: int, depth: np.ndarray, row: int, column: int) -> Stroke:
    """Return the longest stroke through a pixel along which ``depth`` leaves room for the brush."""
    width = int(np.clip(depth[row, column], 1, WIDEST_PX))
    best = ((row + 0.5, column + 0.5), (row + 0.5, column + 0.5))
    longest = -1
    for angle in np.arange(DIRECTIONS) * np.pi / DIRECTIONS:
        step = np.array((np.sin(angle), np.cos(angle)))
        ahead, behind = (_run(depth, (row, column), side * step, width) for side in (1, -1))
        if ahead + behind > longest:
            longest = ahead + behind
            ends = ((row, column) - behind * step, (row, column) + ahead * step)
            start, end = ((float(r) + 0.5, float(c) + 0.5) for r, c in ends)
            best = (start, end)
    return Stroke(phase, width, best)


def _run(depth: np.ndarray, start: tuple[int, int], step: np.ndarray, width: int) -> int:
    """Return how many px one can go from ``start`` with the brush inside the phase."""
    for length in range(1, LONGEST_PX // 2 + 1):
        row, column = np.rint(start + length * step).astype(int)
        inside = 0 <= row < depth.shape[0] and 0 <= column < depth.shape[1]
        if not inside or depth[row, column] < width / 2 + 0.5:
            return length - 1
    return LONGEST_PX // 2
