"""What a click gives without a network: to compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from skimage.filters import threshold_otsu
from skimage.segmentation import flood, random_walker

from core.interaction.answers import Part
from core.interaction.evaluation import ClickMethod, Target
from core.interaction.prompts import Box, Click
from core.interaction.windows import Window

SMOOTHING_PX, TOLERANCE = 1.0, 0.1
WALKER_PX, WALKER_BETA, WALKER_CLICKS, WALKER_BOX = 96, 130.0, 5, 1.4
Fill = Callable[[np.ndarray, tuple[int, int]], np.ndarray]


def baselines() -> tuple[ClickMethod, ...]:
    """Return Otsu's component, flood fill, and the random walker that is told the object's box."""
    return (
        ClickMethod("component of Otsu's threshold", _filling(_component)),
        ClickMethod("flood fill", _filling(_flood)),
        ClickMethod("random walker in the true box (oracle)", _walk, WALKER_CLICKS),
    )


def _filling(fill: Fill) -> Callable[[Target, tuple[Click, ...], Any], tuple[Part, Any]]:
    """Return a method that adds what ``fill`` finds at clicks inside and takes away what it finds
    at clicks outside, in their order."""

    def respond(target: Target, clicks: tuple[Click, ...], before: Any) -> tuple[Part, Any]:
        mask = np.zeros(target.grey.shape, bool) if before is None else before.copy()
        click = clicks[-1]
        region = fill(target.grey, (round(click.row), round(click.column)))
        mask[region] = click.inside
        return _trimmed(mask), mask

    return respond


def _trimmed(mask: np.ndarray) -> Part:
    if not mask.any():
        return Part(0, 0, np.zeros((1, 1), bool))
    box = Box.around(mask)
    top, left = round(box.top + 0.5), round(box.left + 0.5)
    return Part(top, left, mask[top : round(box.bottom + 0.5), left : round(box.right + 0.5)])


def _component(grey: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    bright = grey > threshold_otsu(grey)
    pieces = cv2.connectedComponents((bright == bright[seed]).astype(np.uint8))[1]
    return pieces == pieces[seed]


def _flood(grey: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    smooth = cv2.GaussianBlur(grey, (0, 0), SMOOTHING_PX)
    return flood(smooth, seed, tolerance=TOLERANCE)


def _walk(target: Target, clicks: tuple[Click, ...], before: Any) -> tuple[Part, Any]:
    """Return the random walker's object in the true box, 1.4 times as large, scaled to 96 px; its
    rim counts as outside.

    Source: Grady 2006, doi 10.1109/TPAMI.2006.233.
    """
    rows, columns = target.truth.place
    box = Box(rows.start - 0.5, columns.start - 0.5, rows.stop - 0.5, columns.stop - 0.5)
    window = Window.of_box(box, WALKER_BOX, target.grey.shape)
    seeds = np.zeros((WALKER_PX, WALKER_PX), np.int32)
    seeds[[0, -1]] = seeds[:, [0, -1]] = 2
    for click in clicks:
        seen = window.click(click, WALKER_PX)
        row, column = np.clip(np.rint([seen.row, seen.column]).astype(int), 0, WALKER_PX - 1)
        seeds[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 1 if click.inside else 2
    image = window.cut(target.grey, WALKER_PX)
    # Its solver leaves some probabilities a little outside of [0, 1], which decides no pixel.
    chance = random_walker(
        image, seeds, beta=WALKER_BETA, mode="cg_j", return_full_prob=True, prob_tol=1.0
    )[0]
    place = window.inside(target.grey.shape)
    mask = window.place(chance.astype(np.float32), target.grey.shape) > 0.5
    return Part(place[0].start, place[1].start, mask), None
