"""The objects of a segmentation: by what the network says about them, else by their shape."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from core.segmentation.annotations.find import find_annotations
from core.segmentation.objects.broken_rods import join_rods, regions_by_grey
from core.segmentation.objects.confidence import object_confidence
from core.segmentation.objects.grey_edges import move_outlines
from core.segmentation.objects.instances import separate_objects
from core.segmentation.objects.selection import Selection, select_objects
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.settings import TOGETHER_PX, ObjectSettings
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation


def counted_objects(
    pixels: np.ndarray,
    segmentation: Segmentation,
    card: ModelCard,
    settings: ObjectSettings,
    measurable: np.ndarray,
) -> tuple[np.ndarray, Selection, np.ndarray | None]:
    """Return the objects (H, W) uint32 that count, 0 = none, in raster order, how many do not, and
    their :func:`confidence_of` (n + 1,) or None.

    Too small ones, those in burnt-in writing and those of low confidence do not count, and none
    where their mean confidence says that the image holds none. ``pixels``: (H, W) of the
    micrograph. ``card``: of a model that counts objects.

    Raises:
        LamellaError: settings out of range.
    """
    assert card.objects_phase is not None
    found = segmentation.labels == card.objects_phase
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(find_annotations, pixels, measurable)
        if pixels.size > TOGETHER_PX:
            written.exception()
        regions = None
        if segmentation.distance is not None:
            regions = beside.submit(regions_by_grey, found, pixels, measurable)
            if pixels.size > TOGETHER_PX:
                regions.exception()
        every = find_objects(
            segmentation, card.objects_phase, replace(settings, minimum_area_px=0), measurable
        )
        if regions is not None:
            join_rods(every, regions.result())
        if settings.at_grey_edge:
            every = move_outlines(every, pixels, measurable)
        confidence = confidence_of(every, segmentation, card, settings, measurable)
    least_mean = card.object_confidence.least_mean if card.object_confidence else 0.0
    objects, selection = select_objects(every, settings, written.result(), confidence, least_mean)
    if confidence is None:
        return objects, selection, None
    if settings.at_grey_edge:
        # The nearest object may be another one now.
        moved = confidence_of(objects, segmentation, card, settings, measurable)
        return objects, selection, moved
    before = np.zeros(int(objects.max(initial=0)) + 1, every.dtype)
    pixels_left = np.flatnonzero(objects)
    before[objects.ravel()[pixels_left]] = every.ravel()[pixels_left]
    return objects, selection, confidence[before]


def confidence_of(
    objects: np.ndarray,
    segmentation: Segmentation,
    card: ModelCard,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return the :func:`core.segmentation.objects.confidence.object_confidence` (N + 1,) of
    ``objects`` (H, W), or None of a model that does not tell.

    It was fitted at the default ``split``. At another one, an object is as sure as the surest of
    those at the default that it was cut from or joined of: whoever cuts or joins says how many
    objects there are, not whether there is any. So none is lost by a higher ``split``.
    """
    own = object_confidence(objects, segmentation, card, settings.at_grey_edge)
    usual = ObjectSettings().split
    if own is None or card.objects_phase is None or settings.split == usual:
        return own
    at_usual = replace(settings, split=usual, minimum_area_px=0)
    known = find_objects(segmentation, card.objects_phase, at_usual, measurable)
    sure = object_confidence(known, segmentation, card)
    assert sure is not None
    one, other = _related(objects, known)
    surest = np.zeros_like(own)
    np.maximum.at(surest, one, sure[other])
    return np.where(np.bincount(one, minlength=len(own)) > 0, surest, own)


def _related(objects: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids (P,) of the objects, and of the others, that share at least half of the pixels
    of the smaller of both."""
    inside = (objects > 0) & (others > 0)
    count = np.int64(others.max(initial=0)) + 1
    key, shared = np.unique(objects[inside] * count + others[inside], return_counts=True)
    one, other = key // count, key % count
    smaller = np.minimum(np.bincount(objects.ravel())[one], np.bincount(others.ravel())[other])
    kept = 2 * shared >= smaller
    return one[kept], other[kept]


def find_objects(
    segmentation: Segmentation,
    phase: int,
    settings: ObjectSettings,
    measurable: np.ndarray | None = None,
) -> np.ndarray:
    """Return the objects (H, W) uint32 of a ``phase``, 0 = none, numbered in raster order.

    Where the model tells touching objects apart, by its contact and its normalized distance
    (:func:`core.segmentation.objects.watershed.separate_by_distance`), else at the necks of the
    phase (:func:`core.segmentation.objects.instances.separate_objects`).

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
