"""Test lines over the grains that a model found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.pixels.image_area import nearest_index
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.types import Micrograph, ModelCard, Segmentation

if TYPE_CHECKING:
    from core.measurement.grain_size import Intercepts


def filling_grains(
    probability: np.ndarray | None, objects: np.ndarray, measurable: np.ndarray
) -> np.ndarray:
    """Return grains that fill the image, (H, W) ids from 1, 0 where nothing can be measured.

    ``probability``: (H, W) of a boundary; None gives every pixel to the nearest of ``objects``
    (H, W), 0 = none. ``measurable``: (H, W) bool.
    """
    from core.segmentation.grain_merging import grains_from_probability

    if probability is not None:
        found = grains_from_probability(probability)
    elif objects.any():
        found = objects[tuple(nearest_index(objects > 0))]
    else:
        found = np.ones(objects.shape, np.uint32)
    return np.where(measurable, found, 0)


def intercepts_of(
    micrograph: Micrograph,
    card: ModelCard,
    segmentation: Segmentation,
    by_hand: np.ndarray | None = None,
) -> Intercepts | None:
    """Return the intercepts of the grains in the image; None of a model without grains.

    ``by_hand``: (H, W) ids of grains that somebody corrected. Lines lie as on the page Measure.
    """
    if card.boundary_phase is None:
        return None
    from core.measurement.grain_lines import grain_lines, in_short

    rows, size = micrograph.image_rows, micrograph.pixel_size
    shape = square_shape(micrograph.pixels[rows].shape, size)
    objects = np.zeros(shape, np.uint32)
    if by_hand is not None:
        objects = resample_mask(by_hand[rows], shape)
    boundary = segmentation.probabilities[card.boundary_phase, rows].astype(np.float32)
    probability = None if objects.any() else resample(boundary, shape)
    measurable = resample_mask(micrograph.measurable[rows], shape)
    found = in_short(grain_lines(filling_grains(probability, objects, measurable)))
    if size is None or size.is_square:
        return found
    # Lengths in px are those across, which ``PixelSize.nm`` is of.
    across = square_pixel_nm(size) / size.nm
    lengths = tuple(one * across for one in found.length_px)
    return replace(found, length_px=lengths, every_px=max(1, round(found.every_px * across)))
