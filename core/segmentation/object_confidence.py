"""How likely each object is one that a person would have traced, by what the network says of it."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from core.types import ModelCard, Segmentation


def object_confidence(
    objects: np.ndarray, segmentation: Segmentation, card: ModelCard
) -> np.ndarray | None:
    """Return the probability (N + 1,) float64 that each object has an IoU of 0.5 or more with one
    that a person traced, by id, 1 for the background; None without weights on the card or without
    outputs about objects in the segmentation.

    ``objects``: (H, W) ids 0 to N, 0 = none, of the ``card``'s phase of objects.
    """
    weights, phase = card.object_confidence, card.objects_phase
    if weights is None or phase is None or segmentation.contact is None:
        return None
    mean, middle, cut, contact = features(objects, segmentation, phase)
    found = expit(
        weights.intercept
        + weights.probability * mean
        + weights.middle * middle
        + weights.cut * cut
        + weights.contact * contact
    )
    found[0] = 1
    return found


def features(objects: np.ndarray, segmentation: Segmentation, phase: int) -> np.ndarray:
    """Return what the confidence of each object follows from, (4, N + 1) float64, by id:

    - the mean probability of the phase over those of the object's pixels that have it: a filled
      hole says nothing against an object
    - the largest normalized distance in it, near 1 where the network sees a middle
    - the share of its outline across which the phase goes on, so that the object was cut there
    - the network's contact there, summed and divided by the length of the outline

    The last two together tell a cut at a line that the network sees from one through an object.
    """
    assert segmentation.contact is not None and segmentation.distance is not None
    count, of_phase = int(objects.max(initial=0)) + 1, segmentation.labels == phase
    inside = (objects > 0) & of_phase
    ids = objects[inside]
    pixels = np.bincount(ids, minlength=count)
    total = np.bincount(ids, segmentation.probabilities[phase][inside], minlength=count)
    middle = np.zeros(count)
    np.maximum.at(middle, ids, segmentation.distance[inside].astype(np.float64))
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
    return np.stack([total / np.maximum(pixels, 1), middle, cut / outline, contact / outline])
