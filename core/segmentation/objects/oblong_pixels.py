"""Objects of an image whose pixels are not square, found and measured in square ones.

A neck, a diameter and a direction mean something in a plane with one scale only. The plane is that
which the model saw (:mod:`core.pixels.resampling`); ids come back in the image's own pixels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.measurement.regions import measure_objects
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.segmentation.objects.counted import counted_objects
from core.segmentation.objects.selection import Selection
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd


def objects_of_oblong_pixels(
    micrograph: Micrograph, segmentation: Segmentation, card: ModelCard, settings: ObjectSettings
) -> tuple[np.ndarray, pd.DataFrame, Selection]:
    """Return the objects (H, W) uint32 of the ``card``'s phase in the micrograph's own pixels,
    their table as of :func:`core.measurement.regions.measure_objects`, with their confidence where
    the model tells it, and how many were left out.

    Lengths and areas are those in square pixels; centroids are in the micrograph's own. The least
    area is counted in the micrograph's own pixels too. ``micrograph``: with a pixel size.
    """
    shape, size = micrograph.shape, micrograph.pixel_size
    assert size is not None
    square = square_shape(shape, size)
    smaller = square[0] * square[1] / (shape[0] * shape[1])
    settings = replace(settings, minimum_area_px=round(settings.minimum_area_px * smaller))
    measurable = resample_mask(micrograph.measurable, square)
    pixels, found = resample(micrograph.pixels, square), _in_square_pixels(segmentation, square)
    objects, selection, confidence = counted_objects(pixels, found, card, settings, measurable)
    side = PixelSize(square_pixel_nm(size), size.source)
    table = measure_objects(objects, pixels, side, measurable)
    if confidence is not None:
        table["confidence"] = confidence[1:]
    for axis, column in enumerate(("centroid_row_px", "centroid_column_px")):
        table[column] = (table[column] + 0.5) * shape[axis] / square[axis] - 0.5
    # Boxes are for the eye, in the image's own pixels, which these are not.
    return resample_mask(objects, shape), table, replace(selection, boxes=())


def _in_square_pixels(segmentation: Segmentation, shape: tuple[int, int]) -> Segmentation:
    contact, distance = (
        None if one is None else resample(one.astype(np.float32), shape)
        for one in (segmentation.contact, segmentation.distance)
    )
    probabilities = np.stack(
        [resample(one.astype(np.float32), shape) for one in segmentation.probabilities]
    )
    return replace(
        segmentation,
        labels=_labels(probabilities),
        probabilities=probabilities,
        contact=contact,
        distance=distance,
    )


def _labels(probabilities: np.ndarray) -> np.ndarray:
    """Return the likeliest phase (H, W) uint8; borders lie where the probabilities, resampled, are
    equal, and so between two rows if need be. Where all are 0 it is phase 0."""
    return np.argmax(probabilities, axis=0).astype(np.uint8)
