"""How well a model does on a folder of images and masks, along the very path that users go."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from core.errors import DataError, LamellaError
from core.evaluation.boundary_agreement import GrainAgreement, grain_agreement
from core.evaluation.confidence_calibration import (
    Reliability,
    Temperature,
    cross_fitted,
    reliability,
    sample_pixels,
)
from core.evaluation.headlines import Headline, headlines
from core.evaluation.image_scores import ImageScores, ObjectScores
from core.formats import read_file
from core.image_size import width_x_height
from core.measurement.agreement import boundary_f1, confusion_matrix
from core.measurement.object_agreement import best_overlaps, match_objects
from core.pixels.mask_file import read_mask
from core.segmentation.engines.processor import machine_in_words
from core.segmentation.grains.merging import grains_from_probability
from core.segmentation.grains.second_phase import (
    closing_probability,
    second_phase_mask,
    second_phases,
)
from core.segmentation.objects.counted import counted_objects
from core.segmentation.objects.selection import least_confidence
from core.segmentation.segment import AnyEngine, segment
from core.segmentation.settings import ObjectSettings
from core.training.dataset import find_pairs
from core.training.object_targets import contact_line
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress
from core.types.segmentation import Segmentation

MaskKind = Literal["instances", "classes"]

BOUNDARY_TOLERANCE_PX = 2.0


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's scores on a folder. ``machine``: where it ran, in words."""

    card: ModelCard
    images: tuple[ImageScores, ...]
    machine: str = ""

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """Every score with its interval; see :func:`core.evaluation.headlines.headlines`."""
        return headlines(self.images, [phase.name for phase in self.card.phases])

    @property
    def confusion(self) -> np.ndarray:
        """(C, C) pixels of all images, row = class in the mask."""
        return np.sum([image.confusion for image in self.images], axis=0)

    @cached_property
    def reliability(self) -> Reliability | None:
        """Of all pixels of all images; None of a method without probabilities."""
        known = [image.reliability for image in self.images if image.reliability is not None]
        return sum(known[1:], known[0]) if known else None

    @cached_property
    def temperature(self) -> Temperature | None:
        """What dividing the logits by one number would do to the calibration."""
        return cross_fitted([image.sample for image in self.images if image.sample is not None])

    @property
    def speed(self) -> tuple[float, float]:
        """Seconds a megapixel by the clock and of the processor: medians over images, of the
        segmentation without reading and measuring."""
        seconds = [(one.seconds, one.processor_seconds) for one in self.images]
        size = np.array([[one.megapixels] for one in self.images])
        clock, processor = np.median(np.array(seconds) / size, axis=0)
        return float(clock), float(processor)


def evaluate(
    engine: AnyEngine,
    images: Path,
    masks: Path,
    kind: MaskKind,
    stems: frozenset[str] | None = None,
    progress: ProgressCallback = no_progress,
    groups: Mapping[str, str] | None = None,
) -> Evaluation:
    """Segment every image that has a mask and compare.

    ``kind``: what the masks' values mean. ``stems``: only these images; None = all. ``groups``: by
    stem, such as the micrograph that a tile was cut from; intervals are over groups.

    Raises:
        DataError: mistakes in the folders, all listed.
    """
    pairs, mistakes = find_pairs(images, masks)
    if stems is not None:
        pairs = [pair for pair in pairs if pair[0].stem in stems]
        mistakes = []
    if not pairs:
        mistakes.append(f"no image of {images} has a mask of the same stem in {masks}")
    scores, machine = [], machine_in_words(engine.device)
    for done, (image, mask) in enumerate(pairs):
        progress(done, len(pairs))
        try:
            scored = _evaluate_one(engine, image, mask, kind)
            scores.append(replace(scored, group=(groups or {}).get(image.stem, "")))
        except LamellaError as error:
            mistakes.append(str(error))
    if mistakes:
        raise DataError("Fix these first:\n" + "\n".join(f"- {mistake}" for mistake in mistakes))
    progress(len(pairs), len(pairs))
    return Evaluation(engine.card, tuple(scores), machine)


def _evaluate_one(engine: AnyEngine, image: Path, mask: Path, kind: MaskKind) -> ImageScores:
    micrograph, reference = read_file(image), read_mask(mask)
    if reference.shape != micrograph.shape:
        raise DataError(
            f"{mask.name} is {width_x_height(reference.shape)} px and its image "
            f"{width_x_height(micrograph.shape)} px; they must be the same."
        )
    begun, processor = time.perf_counter(), time.process_time()
    found = segment(micrograph, engine)
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    card, lines = engine.card, engine.card.boundary_phase
    classes = (reference > 0).astype(np.uint8) if kind == "instances" else reference
    # An info bar has no prediction, so it says nothing about the network.
    rows = micrograph.image_rows
    given, labels = classes[rows], found.labels[rows]
    probabilities = found.probabilities[:, rows]
    # A mask of boundaries alone tells no second phase from the grains.
    untold = second_phases(card) if kind == "instances" else ()
    if untold:
        labels, probabilities = _as_grains(labels, probabilities, untold, card)
    trusted, sample = None, None
    if card.build is not None:
        trusted = reliability(probabilities, given)
        sample = sample_pixels(probabilities, given)
    return ImageScores(
        stem=image.stem,
        confusion=confusion_matrix(given, labels, len(card.phases)),
        boundary_f1=tuple(
            boundary_f1(given == phase, labels == phase, BOUNDARY_TOLERANCE_PX)
            for phase in range(len(card.phases))
        ),
        objects=_objects(reference, found, micrograph, card) if kind == "instances" else None,
        grains=None if lines is None else _grains(classes, found, card),
        reliability=trusted,
        sample=sample,
        seconds=seconds,
        processor_seconds=processor,
        untold=untold,
    )


def _as_grains(
    labels: np.ndarray, probabilities: np.ndarray, phases: tuple[int, ...], card: ModelCard
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (H, W) and probabilities (C, H, W) with some ``phases`` counted as grain."""
    grain = card.objects_phase or 0
    probabilities = probabilities.copy()
    probabilities[grain] += probabilities[list(phases)].sum(axis=0)
    probabilities[list(phases)] = 0
    return np.where(np.isin(labels, phases), np.uint8(grain), labels), probabilities


def _objects(
    reference: np.ndarray, found: Segmentation, micrograph: Micrograph, card: ModelCard
) -> ObjectScores | None:
    if card.objects_phase is None or card.boundary_phase is not None:
        return None
    settings = ObjectSettings(minimum_confidence=0)
    objects, _, confidence = counted_objects(
        micrograph.pixels, found, card, settings, micrograph.measurable
    )
    overlap = None
    if confidence is not None:
        overlap = best_overlaps(objects, reference)
        told = card.object_confidence
        least_mean = told.least_mean if told else 0.0
        area = np.bincount(objects.ravel(), minlength=len(confidence))[1:]
        least, _ = least_confidence(confidence[1:], area, ObjectSettings(), least_mean)
        objects = objects * (confidence >= least)[objects]
        confidence = confidence[1:]
    touching = np.unique(reference[contact_line(reference)])
    return ObjectScores(
        agreement=match_objects(reference, objects),
        strict_agreement=match_objects(reference, objects, 0.75),
        diameters_px=_diameters(objects),
        reference_diameters_px=_diameters(reference),
        touching=np.isin(np.unique(reference[reference > 0]), touching),
        found=best_overlaps(reference, objects) >= 0.5,
        confidence=confidence,
        overlap=overlap,
    )


def _diameters(objects: np.ndarray) -> np.ndarray:
    """Return the diameter in px of the disc of each object's area (ISO 9276-6), by id."""
    area = np.unique(objects[objects > 0], return_counts=True)[1]
    return np.sqrt(4 * area / np.pi)


def _grains(classes: np.ndarray, found: Segmentation, card: ModelCard) -> GrainAgreement:
    probability = closing_probability(lambda phase: found.probabilities[phase].astype("f4"), card)
    return grain_agreement(
        classes == card.boundary_phase,
        found.labels == card.boundary_phase,
        grains_from_probability(probability),
        second_phase_mask(classes, card),
    )
