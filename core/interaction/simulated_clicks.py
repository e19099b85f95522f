"""Clicks as people make them, for training and for tests."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.interaction.prompts import Click
from core.pixels.distance import distance_inside

NEAR_MIDDLE = 0.25
"""Standard deviation of a first click around the middle, in units of the largest distance to the
edge."""


def depth(mask: np.ndarray) -> np.ndarray:
    """Return (H, W) float32: the distance of each pixel of ``mask`` (H, W) bool to the nearest
    pixel that is not of it, in px; what lies outside the image counts as not of it."""
    padded = np.pad(mask.astype(np.uint8), 1)
    return distance_inside(padded)[1:-1, 1:-1]


def standard_click(truth: np.ndarray, answer: np.ndarray, before: Sequence[Click]) -> Click | None:
    """Return the click of the evaluation protocol: at the deepest pixel of all that is wrong, but
    none that was clicked before; None where nothing else is wrong.

    ``truth``, ``answer``: (H, W) bool. Inside where the object was missed, else outside. Of equally
    deep pixels the first in raster order is taken.

    Source: Sofiiuk et al. 2021, arXiv:2102.06583, section 4.
    """
    missed, invented = depth(truth & ~answer), depth(answer & ~truth)
    for click in before:
        missed[round(click.row), round(click.column)] = 0
        invented[round(click.row), round(click.column)] = 0
    inside = bool(missed.max() >= invented.max())
    wrong = missed if inside else invented
    if wrong.max() == 0:
        return None
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return Click(float(row), float(column), inside)


def correcting_click(
    truth: np.ndarray, answer: np.ndarray, random: np.random.Generator
) -> Click | None:
    """Return a click as a person may make it: at random in the deeper half of the deepest error;
    None where nothing is wrong."""
    missed, invented = depth(truth & ~answer), depth(answer & ~truth)
    inside = bool(missed.max() >= invented.max())
    wrong = missed if inside else invented
    if wrong.max() == 0:
        return None
    return _one_of(wrong > wrong.max() / 2, inside, random)


def first_click(truth: np.ndarray, random: np.random.Generator, anywhere: float = 0.1) -> Click:
    """Return a click into the object ``truth`` (H, W) bool: mostly near its middle, with the
    probability ``anywhere`` in any pixel but its outermost."""
    deep = depth(truth)
    if random.random() < anywhere:
        return _one_of(deep > min(2.0, deep.max() / 2), True, random)
    middle = np.array(np.unravel_index(int(deep.argmax()), deep.shape), float)
    for _ in range(10):
        row, column = np.rint(middle + random.normal(0, NEAR_MIDDLE * deep.max(), 2)).astype(int)
        if 0 <= row < truth.shape[0] and 0 <= column < truth.shape[1] and truth[row, column]:
            return Click(float(row), float(column))
    return Click(*middle)


def neighbour_click(
    truth: np.ndarray, others: np.ndarray, random: np.random.Generator
) -> Click | None:
    """Return a click outside, on an object of ``others`` (H, W) bool near the edge of ``truth``;
    None where no other lies there."""
    reach = 2 * max(2, round(0.15 * float(np.sqrt(truth.sum())))) + 1
    near = cv2.dilate(truth.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    found = near & others & ~truth
    return _one_of(found, False, random) if found.any() else None


def _one_of(where: np.ndarray, inside: bool, random: np.random.Generator) -> Click:
    flat = np.flatnonzero(where)
    row, column = divmod(int(flat[random.integers(len(flat))]), where.shape[1])
    return Click(float(row), float(column), inside)
