"""Where labels may help most: places that the network is unsure of, beside places at random.

Choosing by uncertainty has small and unreliable gains over random places with something in them
(nnActive, arXiv:2511.19183), so both are offered, and which is which is said. What was chosen by
uncertainty must never test a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from core.training.fine_tuning.scoring import Predict
from core.types.model_card import FLIPS
from core.types.progress import ProgressCallback, no_progress

TILE_PX = 256
RIM_PX = 2
EACH = 3
LEAST_OBJECT_PX = 30
Why = Literal["unsure area", "unsure object", "at random"]


@dataclass(frozen=True)
class Place:
    """A box of an image. ``key``: of the image. ``value``: what it was chosen by: of an area the
    mean disagreement in nats, of an object 1 minus the mean probability of its phase; nan at
    random."""

    key: str
    why: Why
    top: int
    left: int
    bottom: int
    right: int
    value: float


@dataclass(frozen=True, eq=False)
class Candidate:
    """An image that may be labelled next. ``grey``: (H, W) uint8 as networks see it."""

    key: str
    grey: np.ndarray


def disagreement(predictions: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mutual information (H, W) in nats between the phase and which of the
    ``predictions``, (C, H, W) each, is asked: the entropy of their mean less the mean of theirs. 0
    where they agree, also where each is unsure.

    Source: Houlsby et al. 2011, arXiv:1112.5745, eq. 2.
    """
    mean = np.mean(predictions, axis=0)
    return np.maximum(_entropy(mean) - np.mean([_entropy(one) for one in predictions], axis=0), 0)


def where_next(
    candidates: Sequence[Candidate],
    predict: Predict,
    phases: int,
    objects_phase: int | None = None,
    seed: int = 0,
    upright: bool = False,
    progress: ProgressCallback = no_progress,
) -> tuple[Place, ...]:
    """Return up to three areas, three objects and three places at random, from different images
    where there are enough.

    ``predict``: of the network. ``objects_phase``: whose regions are objects; None for no objects.
    ``upright``: the image may not be turned upside down.
    """
    random = np.random.default_rng(seed)
    areas: list[Place] = []
    objects: list[Place] = []
    anywhere: list[Place] = []
    for number, one in enumerate(candidates):
        progress(number, len(candidates))
        predictions = _flipped(one.grey, predict, phases, upright)
        mean = np.mean(predictions, axis=0)
        labels = mean.argmax(0)
        unsure = disagreement(predictions)
        unsure[_boundary(labels)] = np.nan
        tiles = _tiles(one.grey.shape)
        areas += [_area(one.key, box, unsure) for box in tiles]
        anywhere += [
            Place(one.key, "at random", *box, float("nan"))
            for box in tiles
            if (labels[box[0] : box[2], box[1] : box[3]] > 0).any()
        ]
        if objects_phase is not None:
            objects += _objects(one.key, labels == objects_phase, mean[objects_phase])
    progress(len(candidates), len(candidates))
    drawn = [anywhere[index] for index in random.permutation(len(anywhere))]
    areas.sort(key=lambda place: -place.value)
    objects.sort(key=lambda place: -place.value)
    return (*_spread(areas), *_spread(objects), *_spread(drawn))


def _flipped(
    grey: np.ndarray, predict: Predict, phases: int, upright: bool
) -> tuple[np.ndarray, ...]:
    found = []
    for axes in FLIPS[:2] if upright else FLIPS:
        seen = predict(np.ascontiguousarray(np.flip(grey, axes) if axes else grey))[:phases]
        found.append(np.flip(seen, axes) if axes else seen)
    return tuple(found)


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    share = np.maximum(probabilities, np.finfo(np.float32).tiny)
    return -(share * np.log(share)).sum(axis=0)


def _boundary(labels: np.ndarray) -> np.ndarray:
    """Return (H, W) bool: what lies within 2 px of a boundary, where every network is unsure."""
    window = np.ones((2 * RIM_PX + 1,) * 2, np.uint8)
    shown = labels.astype(np.uint8)
    return cv2.dilate(shown, window) != cv2.erode(shown, window)


def _tiles(shape: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Return boxes of 256 px that cover an image; the last ones may overlap those before them."""
    starts = [
        sorted({min(start, max(side - TILE_PX, 0)) for start in range(0, side, TILE_PX)})
        for side in shape
    ]
    height, width = shape
    return [
        (top, left, min(top + TILE_PX, height), min(left + TILE_PX, width))
        for top in starts[0]
        for left in starts[1]
    ]


def _area(key: str, box: tuple[int, int, int, int], unsure: np.ndarray) -> Place:
    values = unsure[box[0] : box[2], box[1] : box[3]]
    known = values[~np.isnan(values)]
    return Place(key, "unsure area", *box, float(known.mean()) if known.size else 0.0)


def _objects(key: str, mask: np.ndarray, probability: np.ndarray) -> list[Place]:
    count, found, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    sums = np.bincount(found.ravel(), probability.ravel(), count)
    places = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in facts[number])
        if area >= LEAST_OBJECT_PX:
            unsure = 1 - float(sums[number]) / area
            places.append(
                Place(key, "unsure object", top, left, top + height, left + width, unsure)
            )
    return places


def _spread(places: Sequence[Place]) -> list[Place]:
    """Return the first three, one of each image as long as there are others."""
    found: list[Place] = []
    for most in range(1, EACH + 1):
        for place in places:
            if len(found) == EACH:
                return found
            taken = sum(one.key == place.key for one in found)
            if place not in found and taken < most:
                found.append(place)
    return found
