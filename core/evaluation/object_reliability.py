"""Whether the confidence of objects holds: how often those of 0.7 are right, and those of 0.3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.evaluation.image_scores import ObjectScores
from core.evaluation.measured import ObjectReliability
from core.segmentation.settings import ObjectSettings

BINS = 10
RIGHT_IOU, SOUND_IOU = 0.5, 0.75


def object_confidence_entries(found: Sequence[ObjectScores]) -> dict[str, object] | None:
    """Return how the confidence of the objects of all images together compares with the share that
    is right, as JSON values; None where no object has a confidence.

    ``bins``: lower and upper bound, mean confidence, share with an IoU of 0.5 or more with an
    object of the mask, share of all objects. ``doubtful``: how many lie below the
    ``minimum_confidence`` and do not count, and of those ``doubtful_under_iou75``, the share that
    is wrong or doubtful: an IoU under 0.75.
    """
    empty = np.empty(0)
    sides = ([one.confidence for one in found], [one.overlap for one in found])
    confidence, overlap = (
        np.concatenate([empty, *(one for one in side if one is not None)]) for side in sides
    )
    if not len(confidence):
        return None
    number = np.minimum((confidence * BINS).astype(int), BINS - 1)
    size = np.bincount(number, minlength=BINS)
    sure = np.bincount(number, confidence, BINS)
    right = np.bincount(number, overlap >= RIGHT_IOU, BINS)
    least = ObjectSettings().minimum_confidence
    below = overlap[confidence < least]
    return {
        "expected_calibration_error": round(float(np.abs(sure - right).sum() / len(overlap)), 6),
        "bins": [
            [b / BINS, (b + 1) / BINS, *_means(sure[b], right[b], size[b]), size[b] / len(overlap)]
            for b in range(BINS)
        ],
        "minimum_confidence": least,
        "doubtful": len(below),
        "doubtful_under_iou75": float((below < SOUND_IOU).mean()) if len(below) else None,
    }


def _means(sure: float, right: float, size: int) -> tuple[float | None, float | None]:
    return (float(sure / size), float(right / size)) if size else (None, None)


def object_confidence_text(found: ObjectReliability) -> str:
    """Return how far the confidence of objects can be trusted, in words."""
    text = (
        f"An object's confidence is off by {found.error:.3f} from the share that is right (IoU of "
        f"{RIGHT_IOU:g} or more with a traced object), on average over all objects."
    )
    if not found.doubtful:
        return text
    share = 100 * found.doubtful_under_iou75
    return (
        f"{text} {found.doubtful} lay below {found.minimum_confidence:g} and did not count; "
        f"{share:.0f} % of these were wrong or doubtful (IoU under {SOUND_IOU:g})."
    )
