"""How likely each object is one that a person would have traced, by what the network says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from core.pixels.half_precision import as_single
from core.segmentation.confidence import sigmoid
from core.segmentation.objects.grey_edges import as_drawn
from core.segmentation.settings import TOGETHER_PX
from core.types.model_card import ModelCard
from core.types.segmentation import Segmentation

LEAST_INDECISION = 1e-3


def object_confidence(
    objects: np.ndarray, segmentation: Segmentation, card: ModelCard, at_grey_edge: bool = False
) -> np.ndarray | None:
    """Return the probability (N + 1,) float64 that each object has an IoU of 0.5 or more with one
    that a person traced, by id, 1 for the background; None without weights on the card or without
    outputs about objects in the segmentation.

    ``objects``: (H, W) ids 0 to N, 0 = none, of the ``card``'s phase of objects. ``at_grey_edge``:
    whether their outlines were moved there; what is known of them is known of the model's own.
    """
    weights, phase = card.object_confidence, card.objects_phase
    if weights is None or phase is None or segmentation.contact is None:
        return None
    if at_grey_edge:
        objects = as_drawn(objects, segmentation.labels == phase)
    mean, middle, cut, contact, size, undecided = features(objects, segmentation, phase)
    logit = (
        weights.intercept
        + weights.probability * mean
        + weights.middle * middle
        + weights.cut * cut
        + weights.contact * contact
        + weights.size * size
        + weights.indecision * undecided
    )
    found = sigmoid(logit)
    found[0] = 1
    return found


def features(objects: np.ndarray, segmentation: Segmentation, phase: int) -> np.ndarray:
    """Return what the confidence of each object follows from, (6, N + 1) float64, by id:

    - the mean probability of the phase over those of the object's pixels that have it: a filled
      hole says nothing against an object
    - the largest normalized distance in it, near 1 where the network sees a middle
    - the share of its outline across which the phase goes on, so that the object was cut there
    - the network's contact there, summed and divided by the length of the outline
    - the logarithm of its area by the :func:`typical_area`: beside large particles a speck is
      rarely one
    - the logarithm of the :func:`indecision` over the whole image, the same for all: on a ground
      without particles the network wavers everywhere

    Cut and contact together tell a cut at a line that the network sees from one through an object.
    """
    with ThreadPoolExecutor(1) as beside:
        image_wide = beside.submit(_of_the_image, segmentation, phase)
        if objects.size > TOGETHER_PX:
            image_wide.exception()
        of_objects = _of_the_objects(objects, segmentation, phase)
    area, undecided = image_wide.result()
    *others, size = of_objects
    same = np.full(len(size), np.log(undecided + LEAST_INDECISION))
    return np.stack([*others, np.log(size / area), same])


def _of_the_image(segmentation: Segmentation, phase: int) -> tuple[float, float]:
    return typical_area(segmentation, phase), indecision(segmentation, phase)


def _of_the_objects(
    objects: np.ndarray, segmentation: Segmentation, phase: int
) -> tuple[np.ndarray, ...]:
    """Return the features that each object has by itself, (N + 1,) each, and last its area."""
    assert segmentation.contact is not None and segmentation.distance is not None
    count, of_phase = int(objects.max(initial=0)) + 1, segmentation.labels == phase
    # To pick pixels by their places is several times as fast as by a mask.
    inside = np.flatnonzero((objects > 0) & of_phase)
    ids = objects.ravel()[inside]
    pixels = np.bincount(ids, minlength=count)
    probability = segmentation.probabilities[phase].ravel()[inside].astype(np.float32)
    total = np.bincount(ids, probability, minlength=count)
    middle = np.zeros(count, np.float32)
    np.maximum.at(middle, ids, segmentation.distance.ravel()[inside].astype(np.float32))
    outline, cut, contact = np.zeros((3, count))
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        sides = np.nonzero(objects[here] != objects[there])
        goes_on = of_phase[here][sides] & of_phase[there][sides]
        seen = segmentation.contact[here][sides].astype(np.float64)
        seen = (seen + segmentation.contact[there][sides]) / 2
        for ids in (objects[here][sides], objects[there][sides]):
            outline += np.bincount(ids, minlength=count)
            cut += np.bincount(ids, goes_on, minlength=count)
            contact += np.bincount(ids, seen * goes_on, minlength=count)
    outline = np.maximum(outline, 1)
    area = np.maximum(np.bincount(objects.ravel(), minlength=count), 1)
    return total / np.maximum(pixels, 1), middle, cut / outline, contact / outline, area


def indecision(segmentation: Segmentation, phase: int) -> float:
    """Return 4 p (1 - p) of the probability p of the phase, summed over the image, by the pixels of
    the phase."""
    probability = as_single(segmentation.probabilities[phase])
    wavering = float((4 * probability * (1 - probability)).sum(dtype=np.float64))
    return wavering / max(1, int(np.count_nonzero(segmentation.labels == phase)))


def typical_area(segmentation: Segmentation, phase: int) -> float:
    """Return the area in px of what a pixel of the phase lies in, on average: regions of the phase
    that contact parts. It depends on no setting of objects."""
    assert segmentation.contact is not None
    parts = (segmentation.labels == phase) & (segmentation.contact < 0.5)
    regions = cv2.connectedComponents(parts.astype(np.uint8), connectivity=4)[1]
    area = np.bincount(regions.ravel())[1:].astype(np.float64)
    return float((area**2).sum() / area.sum()) if len(area) else 1.0
