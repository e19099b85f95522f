"""How well a model does on a folder of images and masks, along the very path that users go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core.errors import DataError, LamellaError
from core.formats import read_file
from core.measurement.agreement import (
    boundary_f1,
    confusion_matrix,
    dice,
    intersection_over_union,
    match_objects,
    mean_of_known,
    pixel_accuracy,
)
from core.measurement.boundary_agreement import GrainAgreement, grain_agreement
from core.segmentation.classic_engine import ClassicEngine
from core.segmentation.engine import Engine
from core.segmentation.grain_merging import grains_from_probability
from core.segmentation.instances import separate_objects
from core.segmentation.segment import segment
from core.segmentation.settings import ObjectSettings
from core.training.dataset import find_pairs, read_mask
from core.types import ProgressCallback, Segmentation, no_progress

MaskKind = Literal["instances", "classes"]

BOUNDARY_TOLERANCE_PX = 2.0
RESAMPLES = 2000


@dataclass(frozen=True)
class ImageScores:
    """One image: IoU of each phase (nan where absent), boundary F1 of the foreground or of the
    last phase, F1 of objects at IoU >= 0.5 (nan where the mask holds no instances). ``grains``:
    of a model that finds grain boundaries."""

    stem: str
    iou: tuple[float, ...]
    boundary_f1: float
    objects_f1: float
    objects: int
    objects_in_mask: int
    grains: GrainAgreement | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's scores on a folder.

    ``confusion``: (C, C) counts over all images, row = class in the mask. ``iou``, ``dice``: (C,)
    from it. ``interval``: 95 % of the foreground IoU averaged over images, by bootstrap over
    images.
    """

    model: str
    images: tuple[ImageScores, ...]
    confusion: np.ndarray
    iou: tuple[float, ...]
    dice: tuple[float, ...]
    pixel_accuracy: float
    interval: tuple[float, float]

    @property
    def foreground_iou(self) -> float:
        """IoU of everything that is not phase 0, averaged over images."""
        return mean_of_known([mean_of_known(image.iou[1:]) for image in self.images])

    @property
    def mean_iou(self) -> float:
        """Mean over classes of the IoU of one confusion matrix over all images."""
        return mean_of_known(self.iou)


def evaluate(
    engine: Engine | ClassicEngine,
    images: Path,
    masks: Path,
    kind: MaskKind,
    stems: frozenset[str] | None = None,
    progress: ProgressCallback = no_progress,
) -> Evaluation:
    """Segment every image that has a mask and compare.

    ``kind``: what the masks' values mean. ``stems``: only these images; None = all.

    Raises:
        DataError: mistakes in the folders, all listed.
    """
    pairs, mistakes = find_pairs(images, masks)
    if stems is not None:
        pairs = [pair for pair in pairs if pair[0].stem in stems]
        mistakes = []
    if not pairs:
        mistakes.append(f"no image of {images} has a mask of the same stem in {masks}")
    scores, confusion = [], np.zeros((len(engine.card.phases),) * 2, np.int64)
    for done, (image, mask) in enumerate(pairs):
        progress(done, len(pairs))
        try:
            score, counts = _evaluate_one(engine, image, mask, kind)
        except LamellaError as error:
            mistakes.append(str(error))
            continue
        scores.append(score)
        confusion += counts
    if mistakes:
        raise DataError("Mend these first:\n" + "\n".join(f"- {mistake}" for mistake in mistakes))
    progress(len(pairs), len(pairs))
    return Evaluation(
        model=engine.card.name,
        images=tuple(scores),
        confusion=confusion,
        iou=tuple(intersection_over_union(confusion)),
        dice=tuple(dice(confusion)),
        pixel_accuracy=pixel_accuracy(confusion),
        interval=bootstrap_interval(np.array([mean_of_known(score.iou[1:]) for score in scores])),
    )


def _evaluate_one(
    engine: Engine | ClassicEngine, image: Path, mask: Path, kind: MaskKind
) -> tuple[ImageScores, np.ndarray]:
    micrograph, reference = read_file(image), read_mask(mask)
    if reference.shape != micrograph.shape:
        raise DataError(f"{mask.name} is {reference.shape}, its image {micrograph.shape} px")
    found = segment(micrograph, engine)
    labels = found.labels
    classes = (reference > 0).astype(np.uint8) if kind == "instances" else reference
    counts = confusion_matrix(classes, labels, len(engine.card.phases))
    phase = engine.card.objects_phase
    last = len(engine.card.phases) - 1 if phase is None else phase
    objects = np.zeros(labels.shape, np.uint32)
    objects_f1 = float("nan")
    lines = engine.card.boundary_phase
    if kind == "instances" and phase is not None and lines is None:
        objects = separate_objects(labels, phase, ObjectSettings())
        objects_f1 = match_objects(reference, objects).f1
    return ImageScores(
        stem=image.stem,
        iou=tuple(intersection_over_union(counts)),
        boundary_f1=boundary_f1(classes == last, labels == last, BOUNDARY_TOLERANCE_PX),
        objects_f1=objects_f1,
        objects=int(objects.max()),
        objects_in_mask=len(np.unique(reference[reference > 0])) if kind == "instances" else 0,
        grains=None if lines is None else _agreement(classes == lines, found, lines),
    ), counts


def _agreement(reference: np.ndarray, found: Segmentation, phase: int) -> GrainAgreement:
    grains = grains_from_probability(found.probabilities[phase].astype(np.float32))
    return grain_agreement(reference, found.labels == phase, grains)


def bootstrap_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean of ``values`` (n,) by resampling them, nan left out.

    Source: percentile bootstrap, Efron 1979.
    """
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    random = np.random.default_rng(0)
    means = random.choice(values, (RESAMPLES, len(values))).mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
