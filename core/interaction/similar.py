"""Everything like this: from a few accepted objects to proposals for the others of an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from skimage.feature import peak_local_max

from core.errors import LamellaError
from core.interaction.answers import Answer, Part, Prompts
from core.interaction.looks import Network, answers_in
from core.interaction.prompts import Click
from core.interaction.windows import Window
from core.types.progress import ProgressCallback, no_progress

LEAST_ACCEPTED = 3
SEEDS_AT_ONCE, MOST_SEEDS = 16, 2000
INPUT_PX = 128
TIMES = 2.2
"""A window's side over the diameter of the accepted objects."""
LEAST_SCORE, MOST_OVERLAP = 0.3, 0.3
SPREADS = np.array([0.35, 0.08, 0.08, 0.08, 0.3])
"""Smallest standard deviation that is believed of three objects: logarithm of the area, mean grey
level, difference to the ring around, solidity, logarithm of the aspect ratio."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """An object like the accepted ones. ``score``: in [0, 1], how alike and how decided."""

    mask: Part
    score: float


def similar_objects(
    network: Network,
    grey: np.ndarray,
    accepted: Sequence[Part],
    progress: ProgressCallback = no_progress,
) -> tuple[Proposal, ...]:
    """Return objects of ``grey`` (H, W) float32 in [0, 1] that are like three or more ``accepted``
    masks, the most alike first; none overlaps another or an accepted one.

    Clicks are made where the image, smoothed to the objects' size, stands out as they do; an answer
    counts by its size, grey level, contrast and shape.

    Raises:
        LamellaError: fewer than three are accepted, or one of them is empty.
        Cancelled: ``progress`` raised it.
    """
    if len(accepted) < LEAST_ACCEPTED or not all(part.values.any() for part in accepted):
        raise LamellaError(
            f"{len(accepted)} objects are accepted; accept {LEAST_ACCEPTED} or more of the kind "
            "that is wanted, none of them empty."
        )
    like = _Likeness.of(grey, accepted)
    taken = np.zeros(grey.shape, bool)
    for part in accepted:
        taken[part.place] |= part.values
    seeds = _seeds(grey, like, taken)
    found: list[Proposal] = []
    for start in range(0, len(seeds), SEEDS_AT_ONCE):
        free = [seed for seed in seeds[start : start + SEEDS_AT_ONCE] if not taken[seed]]
        rated = [
            Proposal(one.mask, like.score(grey, one)) for one in _answers(network, grey, free, like)
        ]
        for proposal in sorted(rated, key=lambda one: -one.score):
            if proposal.score >= LEAST_SCORE and _is_new(proposal.mask, taken):
                taken[proposal.mask.place] |= proposal.mask.values
                found.append(proposal)
        progress(min(start + SEEDS_AT_ONCE, len(seeds)), len(seeds))
    return tuple(sorted(found, key=lambda one: -one.score))


def _answers(
    network: Network, grey: np.ndarray, seeds: Sequence[tuple[int, int]], like: _Likeness
) -> Iterator[Answer]:
    """Yield what is found at each seed, in one batch."""
    if not seeds:
        return
    prompts = [Prompts((Click(float(row), float(column)),)) for row, column in seeds]
    side = TIMES * like.diameter_px
    windows = [Window.around(row, column, side, grey.shape) for row, column in seeds]
    for one in answers_in(network, grey, prompts, windows, INPUT_PX):
        if not one.is_empty:
            yield one


def _is_new(mask: Part, taken: np.ndarray) -> bool:
    return (taken[mask.place] & mask.values).sum() <= MOST_OVERLAP * mask.values.sum()


@dataclass(frozen=True, eq=False)
class _Likeness:
    """What accepted objects have in common. ``middle``, ``spread``: (5,), of :func:`_features`."""

    middle: np.ndarray
    spread: np.ndarray
    diameter_px: float

    @classmethod
    def of(cls, grey: np.ndarray, accepted: Sequence[Part]) -> _Likeness:
        features = np.array([_features(grey, part) for part in accepted])
        spread = np.maximum(features.std(axis=0, ddof=1), SPREADS)
        areas = [part.values.sum() for part in accepted]
        return cls(features.mean(0), spread, float(np.sqrt(4 * np.median(areas) / np.pi)))

    def score(self, grey: np.ndarray, found: Answer) -> float:
        """Return how alike an answer is, times how decided the network is about it."""
        away = (_features(grey, found.mask) - self.middle) / self.spread
        inside = found.probability.values[found.mask.values]
        return float(np.exp(-0.5 * np.mean(away**2)) * np.mean(2 * inside - 1))


def _features(grey: np.ndarray, part: Part) -> np.ndarray:
    """Return what is compared, in the order of ``SPREADS``."""
    rows, columns = np.nonzero(part.values)
    area = len(rows)
    reach = max(2, round(0.3 * np.sqrt(area / np.pi)))
    own = np.pad(part.values.astype(np.uint8), reach)
    ring = cv2.dilate(own, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > own
    top, left = part.top - reach, part.left - reach
    ring_rows, ring_columns = np.nonzero(ring)
    ring_rows, ring_columns = ring_rows + top, ring_columns + left
    kept = (ring_rows >= 0) & (ring_rows < grey.shape[0])
    kept &= (ring_columns >= 0) & (ring_columns < grey.shape[1])
    inside = float(grey[rows + part.top, columns + part.left].mean())
    around = grey[ring_rows[kept], ring_columns[kept]]
    outside = float(around.mean()) if len(around) else inside
    points = np.column_stack([columns, rows]).astype(np.float32)
    hull = cv2.contourArea(cv2.convexHull(points)) + 0.5 * np.sqrt(area) * np.pi
    high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    return np.array(
        [
            np.log(area),
            inside,
            inside - outside,
            min(1.0, area / hull),
            abs(np.log(high / wide)),
        ]
    )


def _seeds(grey: np.ndarray, like: _Likeness, taken: np.ndarray) -> list[tuple[int, int]]:
    """Return (row, column) where the image stands out as the accepted objects do, most first.

    Source: difference of Gaussians as a detector of blobs, Lowe 2004,
    doi 10.1023/B:VISI.0000029664.99615.94.
    """
    sigma = like.diameter_px / 4
    narrow = cv2.GaussianBlur(grey, (0, 0), sigma)
    wide = cv2.GaussianBlur(grey, (0, 0), 1.6 * sigma)
    stands_out = (narrow - wide) * np.sign(like.middle[2])
    stands_out[taken] = 0
    distance = max(2, round(like.diameter_px / 4))
    peaks = peak_local_max(
        stands_out,
        min_distance=distance,
        threshold_abs=1e-3,
        num_peaks=MOST_SEEDS,
        exclude_border=False,
    )
    return [(int(row), int(column)) for row, column in peaks]
