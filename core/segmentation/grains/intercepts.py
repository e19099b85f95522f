"""Test lines over the grains that a model found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.pixels.image_area import nearest_index
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.segmentation.grains.second_phase import (
    closing_probability,
    second_phase_mask,
    with_outlines,
)
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    from core.measurement.grains.grain_size import Intercepts


def filling_grains(
    probability: np.ndarray | None,
    objects: np.ndarray,
    measurable: np.ndarray,
    particles: np.ndarray | None = None,
    minimum_area_px: int = 0,
) -> np.ndarray:
    """Return grains that fill the image, (H, W) ids from 1, 0 where nothing can be measured.

    ``probability``: (H, W) of what closes the network, by
    :func:`core.segmentation.grains.second_phase.closing_probability`; None gives every pixel to the
    nearest of ``objects`` (H, W), 0 = none. ``measurable``: (H, W) bool. ``particles``: (H, W) bool
    of a second phase whose outlines count as borders, from ``minimum_area_px`` on; None leaves it
    out.
    """
    from core.segmentation.grains.merging import grains_from_probability

    if probability is not None:
        found = grains_from_probability(probability)
    elif objects.any():
        found = objects[tuple(nearest_index(objects > 0))]
    else:
        found = np.ones(objects.shape, np.uint32)
    if particles is not None:
        found = with_outlines(found, particles, minimum_area_px)
    return np.where(measurable, found, 0)


def intercepts_of(
    micrograph: Micrograph,
    card: ModelCard,
    segmentation: Segmentation,
    settings: ObjectSettings,
    by_hand: np.ndarray | None = None,
) -> Intercepts | None:
    """Return the intercepts of the grains in the image; None of a model without grains.

    ``settings``: whether the outlines of a second phase count. ``by_hand``: (H, W) ids of grains
    that somebody corrected, in which they do not. Lines lie as on the page Measure.
    """
    if card.boundary_phase is None:
        return None
    from core.measurement.grains.grain_lines import grain_lines, in_short

    rows, size = micrograph.image_rows, micrograph.pixel_size
    shape = square_shape(micrograph.pixels[rows].shape, size)
    objects = np.zeros(shape, np.uint32)
    if by_hand is not None:
        objects = resample_mask(by_hand[rows], shape)
    measurable = resample_mask(micrograph.measurable[rows], shape)
    probability = particles = None
    if not objects.any():
        probability = closing_probability(
            lambda phase: resample(segmentation.probabilities[phase, rows].astype("f4"), shape),
            card,
        )
        if settings.keep_second_phase:
            labels = resample_mask(segmentation.labels[rows], shape)
            particles = second_phase_mask(labels, card)
    least = settings.minimum_area_px
    found = in_short(
        grain_lines(filling_grains(probability, objects, measurable, particles, least))
    )
    if size is None or size.is_square:
        return found
    # Lengths in px are those across, which ``PixelSize.nm`` is of.
    across = square_pixel_nm(size) / size.nm
    lengths = tuple(one * across for one in found.length_px)
    return replace(found, length_px=lengths, every_px=max(1, round(found.every_px * across)))
