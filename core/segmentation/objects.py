"""The objects of a segmentation: by what the network says about them, else by their shape."""

from __future__ import annotations

import numpy as np

from core.segmentation.instances import separate_objects
from core.segmentation.object_watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.types import Segmentation


def find_objects(
    segmentation: Segmentation,
    phase: int,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray:
    """Return the objects (H, W) uint32 of a ``phase``, 0 = none, numbered in raster order.

    Where the model tells touching objects apart, by its contact and its normalized distance
    (:func:`core.segmentation.object_watershed.separate_by_distance`), else at the necks of the
    phase (:func:`core.segmentation.instances.separate_objects`).

    Raises:
        LamellaError: settings out of range.
    """
    if segmentation.distance is None or segmentation.contact is None:
        return separate_objects(segmentation.labels, phase, settings, measurable)
    return separate_by_distance(
        segmentation.labels == phase,
        segmentation.contact,
        segmentation.distance,
        settings,
        measurable,
    )
