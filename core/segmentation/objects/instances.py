"""From the pixels of a phase to single objects: touching particles are cut at their necks.

The exact distance transform of the phase has a peak in each particle and a pass at each neck. Every
pixel climbs to its peak (a watershed of the distance), then peaks whose neck is too wide are joined
again. Nothing depends on the order of pixels in memory or on threads, so the result is repeatable.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.errors import LamellaError
from core.pixels.distance import distance_inside
from core.pixels.image_area import without_specks
from core.segmentation.objects.basins import climb, join
from core.segmentation.objects.hollow import cut_shells, fill_holes
from core.segmentation.settings import ObjectSettings

# Half-width of the ripple that the pixel grid itself leaves on a distance transform, in px.
GRID_RIPPLE_PX = 0.75


def separate_objects(
    labels: np.ndarray,
    phase: int,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray:
    """Number the objects that a phase consists of.

    Regions are 8-connected. Two particles are cut apart where their neck is narrower than
    1 - (1 - split)**3 times the largest circle inside the smaller one: half-way (0.5) means seven
    eighths. Holes are filled after that, where one object encloses them or the pieces of one hollow
    object do (:mod:`core.segmentation.objects.hollow`); gaps between several objects stay open.
    Objects smaller than ``minimum_area_px`` are dropped last.

    ``labels``: (H, W) integer class indices. ``phase``: the class to look at. ``measurable``:
    (H, W) bool, the pixels that have a phase; None = all. Dead pixels among them cut no object in
    two and belong to none.

    Returns (H, W) uint32, 0 = none, 1 to n in raster order of each object's first pixel. Distance
    transform: Felzenszwalb and Huttenlocher 2012, doi 10.4086/toc.2012.v008a019.

    Raises:
        LamellaError: ``split`` outside [0, 1] or a negative ``minimum_area_px``.
    """
    check_settings(settings)
    mask = (labels == phase).astype(np.uint8)
    if measurable is not None and not measurable.all():
        mask = without_specks(mask * measurable, measurable)
    objects = _split(mask, settings.split)
    if settings.fill_holes:
        fill_holes(objects)
        if settings.split > 0:
            cut_shells(objects, mask, lambda whole: _split(whole, settings.split))
    if measurable is not None:
        objects = objects * measurable
    return number_objects(objects, settings.minimum_area_px)


def check_settings(settings: ObjectSettings) -> None:
    """Refuse settings out of range.

    Raises:
        LamellaError: ``split`` or ``minimum_confidence`` outside [0, 1], or a negative
            ``minimum_area_px``.
    """
    if not 0 <= settings.minimum_confidence <= 1:
        raise LamellaError(
            f"The least confidence is {settings.minimum_confidence:g}; it must lie between 0 "
            "(count every object) and 1."
        )
    if not 0 <= settings.split <= 1:
        raise LamellaError(
            f"The split setting is {settings.split:g}; it must lie between 0 (keep touching "
            "objects together) and 1 (separate at the slightest neck)."
        )
    if settings.minimum_area_px < 0:
        raise LamellaError(
            f"The minimum area is {settings.minimum_area_px} px; it must be 0 or more."
        )


def _split(mask: np.ndarray, split: float) -> np.ndarray:
    """Return the connected regions of ``mask``, (H, W) int32, cut at their necks."""
    if split == 0:
        return cv2.connectedComponents(mask, connectivity=8)[1]
    # Measured between pixel centres; the edge of the phase lies half a pixel closer.
    basins = climb(np.pad(distance_inside(mask) - 0.5, 1, constant_values=-0.5))
    widest = 1 - (1 - split) ** 3

    def is_neck(height: float, peak: float) -> bool:
        return height < widest * peak and height <= peak - GRID_RIPPLE_PX

    return join(basins, is_neck)[basins.basin]


def number_objects(objects: np.ndarray, minimum_area_px: int) -> np.ndarray:
    """Return ``objects`` (H, W) as uint32 without those smaller than ``minimum_area_px``, numbered
    from 1 in raster order of their first pixel."""
    flat = objects.ravel()
    # An object's first pixel begins a run of it, and runs are far fewer than pixels.
    begin = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    ids = flat[begin]
    count = int(ids.max(initial=0)) + 1
    area = np.bincount(ids, np.diff(begin, append=flat.size), count)
    first = np.full(count, flat.size, np.int64)
    first[ids[::-1]] = begin[::-1]
    kept = np.flatnonzero((area >= max(minimum_area_px, 1)) & (np.arange(count) > 0))
    number = np.zeros(count, np.uint32)
    number[kept[np.argsort(first[kept])]] = np.arange(1, len(kept) + 1)
    return number[objects]
