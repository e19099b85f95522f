"""Test lines over the grains that a model found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.pixels.resampling import resample, square_pixel_nm, square_shape
from core.types import Micrograph, ModelCard, Segmentation

if TYPE_CHECKING:
    from core.measurement.grain_size import Intercepts


def intercepts_of(
    micrograph: Micrograph, card: ModelCard, segmentation: Segmentation
) -> Intercepts | None:
    """Return the intercepts of the grains in the image; None of a model without grains."""
    if card.boundary_phase is None:
        return None
    from core.measurement.grain_size import intercepts
    from core.segmentation.grain_merging import grains_from_probability

    boundary = segmentation.probabilities[card.boundary_phase, micrograph.image_rows]
    size = micrograph.pixel_size
    square = resample(boundary.astype(np.float32), square_shape(boundary.shape, size))
    found = intercepts(grains_from_probability(square))
    if size is None or size.is_square:
        return found
    # Lengths in px are those across, which ``PixelSize.nm`` is of.
    across = square_pixel_nm(size) / size.nm
    lengths = found.length_px[0] * across, found.length_px[1] * across
    return replace(found, length_px=lengths, every_px=max(1, round(found.every_px * across)))
