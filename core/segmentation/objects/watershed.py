"""Objects from a network that tells them apart: a watershed of what it says about their middles.

The network's normalized distance is 1 in the middle of each object, whatever its size, and its
contact marks the line between two. Distance times (1 - contact) is the height that is flooded, so
that no length in pixels decides which objects are cut.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.pixels.half_precision import as_single
from core.pixels.image_area import without_specks
from core.segmentation.objects.basins import climb, join
from core.segmentation.objects.hollow import fill_holes
from core.segmentation.objects.instances import check_settings, number_objects
from core.segmentation.settings import ObjectSettings

# Against the ripple that a network leaves on its outputs.
SMOOTHING_PX = 1.0
# What nowhere comes near a middle is no object: texture, a letter, debris. Chosen, like the
# smoothing, on 22 images of EMPS that no weights of contact and distance were trained on.
LEAST_MIDDLE = 0.3
# Of the lower of two peaks, the highest pass that still cuts where ``split`` is 1: above, ripples
# within an object would.
HIGHEST_PASS = 0.75
# Every pixel of the phase climbs somewhere.
LOWEST = 1e-4


def separate_by_distance(
    mask: np.ndarray,
    contact: np.ndarray,
    distance: np.ndarray,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray:
    """Number the objects of a phase by the network's contact and normalized distance.

    Every pixel of the phase climbs the smoothed height to a peak. Two peaks are two objects where
    the highest pass between them is lower than a share of the lower peak: up to half, ``split``
    itself; then it rises slower, to three quarters where ``split`` is 1. 0 keeps touching objects
    together, 1 separates at every hint of a border. An object whose distance nowhere reaches 0.3 is
    dropped: the network sees no middle in it. Holes are enclosed by one object.

    ``mask``: (H, W) bool, the phase. ``contact``, ``distance``: (H, W) in [0, 1]. ``measurable``:
    (H, W) bool, the pixels that have a phase; None = all. Dead pixels among them cut no object in
    two and belong to none. Returns (H, W) uint32, 0 = none, 1 to n in raster order of each
    object's first pixel.

    Raises:
        LamellaError: ``split`` outside [0, 1] or a negative ``minimum_area_px``.
    """
    check_settings(settings)
    phase = mask.astype(np.uint8)
    if measurable is not None and not measurable.all():
        phase = without_specks(phase * measurable, measurable)
    if settings.split > 0:
        basins = climb(np.pad(_height(phase, contact, distance), 1))
        share = _cut_below(settings.split)
        objects = join(basins, lambda height, peak: height < share * peak)[basins.basin]
    else:
        objects = cv2.connectedComponents(phase, connectivity=8)[1]
    objects = _with_a_middle(objects, distance)
    if settings.fill_holes:
        fill_holes(objects)
    if measurable is not None:
        objects = objects * measurable
    return number_objects(objects, settings.minimum_area_px)


def _cut_below(split: float) -> float:
    return min(split, 0.5) + max(split - 0.5, 0) * (HIGHEST_PASS - 0.5) / 0.5


def _height(phase: np.ndarray, contact: np.ndarray, distance: np.ndarray) -> np.ndarray:
    height = as_single(distance) * (1 - as_single(contact))
    smooth = cv2.GaussianBlur(height, (0, 0), SMOOTHING_PX)
    return np.maximum(smooth, np.float32(LOWEST)) * phase


def _with_a_middle(objects: np.ndarray, distance: np.ndarray) -> np.ndarray:
    kept = np.zeros(objects.max(initial=0) + 1, np.bool_)
    kept[objects.ravel()[np.flatnonzero(as_single(distance) >= LEAST_MIDDLE)]] = True
    return (np.arange(len(kept), dtype=objects.dtype) * kept)[objects]
