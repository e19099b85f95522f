"""Which of the objects found count: large enough, sure enough, no burnt-in writing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from core.measurement.regions import bounds, find_runs
from core.segmentation.annotations.drawn_marks import Box
from core.segmentation.objects.instances import number_objects
from core.segmentation.settings import ObjectSettings

INSIDE = 0.5
"""Least share of an object in writing that makes it a part of it."""
MOST_BOXES = 40


@dataclass(frozen=True)
class Selection:
    """What became of the objects that were found: ``too_small``, dropped; ``in_annotations``, at
    least half in burnt-in writing, dropped unless the settings keep them, and the ``boxes`` of
    these, in px; ``doubtful``, of too low a confidence, dropped. ``mean_confidence``: of all of
    them, weighted by width, where it is so low that the image holds no object, and all are
    ``doubtful``."""

    too_small: int = 0
    in_annotations: int = 0
    boxes: tuple[Box, ...] = field(default=(), compare=False)
    doubtful: int = 0
    mean_confidence: float | None = None


def select_objects(
    objects: np.ndarray,
    settings: ObjectSettings,
    annotations: np.ndarray,
    confidence: np.ndarray | None = None,
    least_mean: float = 0.0,
) -> tuple[np.ndarray, Selection]:
    """Return the ``objects`` that count, numbered anew, and how many do not.

    ``objects``: (H, W) ids of objects of any size, 0 = none. ``annotations``: (H, W) bool, see
    :func:`core.segmentation.annotations.find.find_annotations`. ``confidence``: (N + 1,) by id,
    None where nothing is known of it; see
    :func:`core.segmentation.objects.confidence.object_confidence`. ``least_mean``: of it, see
    :class:`core.types.model_card.ObjectConfidence`. Returns (H, W) uint32, 1 to n in raster order.
    """
    area = np.bincount(objects.ravel())
    area[0] = 0
    large = area >= max(settings.minimum_area_px, 1)
    written = objects_in(objects, annotations)
    written = written[large[written]]
    boxes = _boxes_of(objects, written[:MOST_BOXES])
    counts = np.ones(len(area), np.bool_)
    counts[written] = settings.keep_annotations
    doubtful, mean = np.zeros(len(area), np.bool_), None
    if confidence is not None:
        # Other settings of a user do not change whether the image holds any object.
        judged = counts & (area >= ObjectSettings().minimum_area_px)
        least, mean = least_confidence(confidence[judged], area[judged], settings, least_mean)
        doubtful = large & counts & (confidence < least)
    if not (kept := counts & ~doubtful).all():
        objects = objects * kept[objects]
    too_small = int(np.count_nonzero(area[~large]))
    found = Selection(too_small, len(written), boxes, int(doubtful.sum()), mean)
    return number_objects(objects, settings.minimum_area_px), found


def least_confidence(
    confidence: np.ndarray, area: np.ndarray, settings: ObjectSettings, least_mean: float
) -> tuple[float, float | None]:
    """Return the least confidence with which an object counts, and None.

    Where the mean of the ``confidence`` (n,) of an image's objects, weighted by width as their
    ``area`` (n,) has it, is below ``least_mean``, the image holds none: infinity and that mean,
    unless the settings count every object. Specks beside a large object say little of the image.
    """
    least = settings.minimum_confidence
    if not len(confidence) or least == 0:
        return least, None
    mean = float(np.average(confidence, weights=np.sqrt(area)))
    return (math.inf, mean) if mean < least_mean else (least, None)


def _boxes_of(objects: np.ndarray, ids: np.ndarray) -> tuple[Box, ...]:
    """Return the boxes of those of ``objects`` (H, W) that have the rising ``ids`` (n,)."""
    if not len(ids):
        return ()
    chosen = np.zeros(int(objects.max()) + 1, objects.dtype)
    chosen[ids] = ids
    edges = (side.tolist() for side in bounds(find_runs(chosen[objects])))
    return tuple(
        Box(top, left, bottom - top, right - left)
        for top, bottom, left, right in zip(*edges, strict=True)
    )


def objects_in(objects: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Return the ids of objects of which at least half lies in ``regions``, (n,) in their order.

    ``objects``: (H, W) ids, 0 = none. ``regions``: (H, W) bool.
    """
    covered = np.bincount(objects[regions])
    if not covered[1:].any():
        return np.zeros(0, np.intp)
    area = np.bincount(objects.ravel())[: len(covered)]
    covered[:1] = 0
    return np.flatnonzero((covered >= INSIDE * area) & (covered > 0))
