"""How well a network does where the labels are known, and only there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.measurement.agreement import confusion_matrix, intersection_over_union, mean_of_known
from core.measurement.object_agreement import best_overlaps, match_objects
from core.pixels.resampling import resample
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.training.augmentation import Pair
from core.training.fine_tuning.images import is_known
from core.training.fine_tuning.tested import KnownScore
from core.training.object_targets import IGNORED_ID
from core.training.validation import predict_probabilities

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class View:
    """How a network's outputs are read. ``phases``: how many of them are phases; ``objects_phase``:
    that is counted, None where objects are not scored. ``scale``: of the image as it is seen."""

    mean: float
    std: float
    phases: int
    objects_phase: int | None = None
    scale: float = 1.0


Predict = Callable[[np.ndarray], np.ndarray]
"""From grey levels (H, W) uint8 to the outputs (C, H, W): the phases, then contact and distance."""


def predictor(network: nn.Module, view: View) -> Predict:
    """Return how ``network`` answers."""

    def predict(image: np.ndarray) -> np.ndarray:
        grey = image.astype(np.float32) / 255
        shape = tuple(max(32, round(side * view.scale)) for side in grey.shape)
        seen = resample(grey, (shape[0], shape[1]))
        outputs = predict_probabilities(network, seen, view.mean, view.std, view.phases)
        return np.stack([resample(one, (grey.shape[0], grey.shape[1])) for one in outputs])

    return predict


def score(predict: Predict, pair: Pair, view: View) -> KnownScore:
    """Return how well the answer to an image agrees with its labels where they are known."""
    outputs = predict(pair.image)
    labels = np.argmax(outputs[: view.phases], axis=0).astype(np.uint8)
    known = is_known(pair.labels)
    truth = pair.labels
    if pair.labels.dtype == np.uint16:
        truth = (pair.labels > 0).astype(np.uint8)
    matrix = confusion_matrix(truth[known], labels[known], view.phases)
    total = max(1, int(matrix.sum()))
    object_iou = object_f1 = float("nan")
    if view.objects_phase is not None and pair.labels.dtype == np.uint16:
        object_iou, object_f1 = _objects(outputs, labels, pair, view)
    return KnownScore(
        tuple(float(one) for one in intersection_over_union(matrix)),
        object_iou,
        object_f1,
        tuple(float(one) for one in matrix.sum(0) / total),
        tuple(float(one) for one in matrix.sum(1) / total),
    )


def choosing_score(network: nn.Module, pairs: Sequence[Pair], view: View) -> float:
    """Return what step and mixture are chosen by, in [0, 1]: the mean over the phases of the mean
    IoU over images, and the mean best IoU of the objects, half of it each where there are any; 0
    where nothing is known."""
    predict = predictor(network, view)
    found = [score(predict, pair, view) for pair in pairs]
    by_phase = [mean_of_known([one.iou[phase] for one in found]) for phase in range(view.phases)]
    value = mean_of_known(
        [mean_of_known(by_phase), mean_of_known([one.object_iou for one in found])]
    )
    return 0.0 if np.isnan(value) else float(value)


def _objects(
    outputs: np.ndarray, labels: np.ndarray, pair: Pair, view: View
) -> tuple[float, float]:
    contact, distance = outputs[view.phases :]
    mask = labels == view.objects_phase
    found = separate_by_distance(mask, contact, distance, ObjectSettings())
    is_open = pair.labels == IGNORED_ID
    truth = np.where(is_open, 0, pair.labels)
    if not truth.any():
        return float("nan"), float("nan")
    overlap = float(np.mean(best_overlaps(truth, found)))
    return overlap, float("nan") if is_open.any() else match_objects(truth, found).f1
