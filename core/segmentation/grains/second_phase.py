"""A second phase among grains: left out of their network of boundaries, or its outlines kept in it.

Grain size counts boundaries between grains; precipitates have outlines too, which lengthen the
network, and those that sit on a boundary hide a part of it.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.types.model_card import ModelCard

HIDDEN = 0.5
"""Probability of a boundary under a pixel of the second phase, which hides whether there is one:
too high for a grain's core, and above what a border between two grains must have."""


def second_phases(card: ModelCard) -> tuple[int, ...]:
    """Return the indices of the phases that are neither grain nor boundary, of a model of both."""
    if card.boundary_phase is None:
        return ()
    known = (card.objects_phase or 0, card.boundary_phase)
    return tuple(index for index in range(len(card.phases)) if index not in known)


def closing_probability(probability: Callable[[int], np.ndarray], card: ModelCard) -> np.ndarray:
    """Return how likely each pixel closes the network of boundaries, (H, W) float32 in [0, 1].

    A boundary goes on through particles that sit on it; one that lies within a grain divides
    nothing. ``probability``: (H, W) float32 in [0, 1] of a phase. ``card``: of a model of grain
    boundaries.
    """
    assert card.boundary_phase is not None
    found = np.array(probability(card.boundary_phase), np.float32)
    for phase in second_phases(card):
        found += np.float32(HIDDEN) * probability(phase)
    return found


def second_phase_mask(labels: np.ndarray, card: ModelCard) -> np.ndarray:
    """Return the pixels (H, W) bool of ``labels`` (H, W) that are a second phase."""
    return np.isin(labels, second_phases(card))


def with_outlines(grains: np.ndarray, particles: np.ndarray, minimum_area_px: int) -> np.ndarray:
    """Return ``grains`` (H, W) uint32 with each connected region of ``particles`` (H, W) bool as a
    region of its own, numbered after them; those below ``minimum_area_px`` stay left out."""
    _, regions, statistics, _ = cv2.connectedComponentsWithStats(particles.astype(np.uint8))
    kept = statistics[:, cv2.CC_STAT_AREA] >= minimum_area_px
    kept[0] = False
    number = (np.cumsum(kept) + int(grains.max(initial=0))).astype(np.uint32)
    return np.where(kept[regions], number[regions], grains)
