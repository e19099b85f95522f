"""The objects of a segmented micrograph with their table: lengths, areas and confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.measurement.regions import measure_objects
from core.segmentation.objects.counted import confidence_of, counted_objects
from core.segmentation.objects.oblong_pixels import objects_of_oblong_pixels
from core.segmentation.objects.selection import Selection
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd


def measured_objects(
    micrograph: Micrograph,
    card: ModelCard,
    segmentation: Segmentation,
    settings: ObjectSettings,
) -> tuple[np.ndarray, pd.DataFrame, Selection]:
    """Return the objects (H, W) uint32, 0 = none, their table and how many were left out; no
    objects for a model that counts none."""
    size = micrograph.pixel_size
    confidence = None
    if card.objects_phase is None:
        objects, selection = np.zeros(micrograph.shape, np.uint32), Selection()
    elif size is not None and not size.is_square:
        return objects_of_oblong_pixels(micrograph, segmentation, card, settings)
    else:
        objects, selection, confidence = counted_objects(
            micrograph.pixels, segmentation, card, settings, micrograph.measurable
        )
    return objects, _with_confidence(lengths_of(micrograph, objects), confidence), selection


def table_of(
    micrograph: Micrograph,
    card: ModelCard,
    segmentation: Segmentation,
    objects: np.ndarray,
    settings: ObjectSettings,
) -> pd.DataFrame:
    """Return the measurements of ``objects`` (H, W) in square pixels, and their ``confidence``
    where the model tells how sure it is of each."""
    confidence = confidence_of(objects, segmentation, card, settings, micrograph.measurable)
    return _with_confidence(lengths_of(micrograph, objects), confidence)


def lengths_of(micrograph: Micrograph, objects: np.ndarray) -> pd.DataFrame:
    """Return :func:`core.measurement.regions.measure_objects` of ``objects`` (H, W)."""
    return measure_objects(objects, micrograph.pixels, micrograph.pixel_size, micrograph.measurable)


def _with_confidence(table: pd.DataFrame, confidence: np.ndarray | None) -> pd.DataFrame:
    return table if confidence is None else table.assign(confidence=confidence[1:])
