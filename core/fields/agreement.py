"""A segmentation against a reference mask that the user has: the measures of `lamella evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import label

from core.analysis.analysis import Analysis
from core.errors import DataError
from core.evaluation.boundary_agreement import GrainAgreement, grain_agreement
from core.image_size import width_x_height
from core.measurement.agreement import (
    boundary_f1,
    confusion_matrix,
    dice,
    intersection_over_union,
    pixel_accuracy,
)
from core.measurement.object_agreement import ObjectAgreement, match_objects
from core.segmentation.grains.merging import grains_from_probability
from core.segmentation.grains.second_phase import closing_probability, second_phase_mask
from core.types.arrays import read_only

TOLERANCE_PX = 2.0
MOST_PHASES, MANY_AREAS = 10, 3
"""A mask of at most so many numbers, on average in so many areas or more, may be of phases."""
MaskKind = Literal["classes", "instances"]
DIFFERENT = ("same", "missed", "added", "another phase")


@dataclass(frozen=True)
class PhaseAgreement:
    """One phase: intersection over union, Dice and boundary F1 within 2 px in [0, 1], None where
    neither has it; area fractions in % of reference and segmentation."""

    phase: str
    iou: float | None
    dice: float | None
    boundary_f1: float | None
    reference_percent: float
    found_percent: float


@dataclass(frozen=True, eq=False)
class Agreement:
    """How a segmentation agrees with a reference.

    ``phases``: of each. ``mean_iou``: over those that one of the two has. ``pixel_accuracy``: share
    of equal pixels. ``objects``, ``strict_objects``: matched at IoU >= 0.5 and >= 0.75; None where
    the mask or the model has no objects. ``grains``: of boundary networks, of a model that finds
    grain boundaries and a mask that has some; else None. ``mean_diameter_error``: of the mean
    equivalent diameter, relative; None without objects in either. ``differences``: (H, W) uint8,
    index into DIFFERENT: in the reference only, in the segmentation only, in both as another phase;
    0 where the image is not measurable. ``is_scattered``: of a mask of objects, its few numbers are
    each spread over many areas, as those of phases are.
    """

    kind: MaskKind
    phases: tuple[PhaseAgreement, ...]
    mean_iou: float | None
    pixel_accuracy: float
    objects: ObjectAgreement | None
    strict_objects: ObjectAgreement | None
    grains: GrainAgreement | None
    mean_diameter_error: float | None
    differences: np.ndarray
    is_scattered: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "differences", read_only(self.differences))


def agreement(analysis: Analysis, reference: np.ndarray, kind: MaskKind) -> Agreement:
    """Compare an analysis with a reference, on the pixels that are image.

    ``reference``: (H, W) whole numbers: indices of the phases ("classes") or object ids, 0 = none
    ("instances"), of the phase that the model counts objects of.

    Raises:
        DataError: another shape, an index without a phase, instances for a model without objects.
    """
    phases, measurable = analysis.segmentation.phases, analysis.micrograph.measurable
    given = _phases_of(analysis, reference, kind)
    labels = np.where(measurable, analysis.segmentation.labels, 0)
    confusion = confusion_matrix(given[measurable], labels[measurable], len(phases))
    ious = intersection_over_union(confusion)
    objects = strict = None
    if kind == "instances":
        given_objects = np.where(measurable, reference, 0)
        objects = match_objects(given_objects, analysis.objects)
        strict = match_objects(given_objects, analysis.objects, 0.75)
    return Agreement(
        kind,
        tuple(
            _of_phase(index, phase.name, confusion, given, labels)
            for index, phase in enumerate(phases)
        ),
        _known(np.nanmean(ious)) if np.isfinite(ious).any() else None,
        pixel_accuracy(confusion),
        objects,
        strict,
        _grains(analysis, given),
        None if objects is None else _diameter_error(analysis.objects, reference * measurable),
        _differences(given, labels),
        kind == "instances" and _is_scattered(reference),
    )


def _phases_of(analysis: Analysis, reference: np.ndarray, kind: MaskKind) -> np.ndarray:
    """Return the phase (H, W) int64 that the reference gives each pixel, 0 where it is no image."""
    card = analysis.card
    if reference.shape != analysis.micrograph.shape:
        raise DataError(
            f"The mask is {width_x_height(reference.shape)} px and the image "
            f"{width_x_height(analysis.micrograph.shape)} px; both must be the same, info bar "
            "included."
        )
    given = reference
    if kind == "instances":
        if card.objects_phase is None:
            raise DataError(
                f"The mask holds objects and {card.title} counts none; upload a mask of phases."
            )
        given = np.where(reference > 0, card.objects_phase, card.boundary_phase or 0)
    return np.where(analysis.micrograph.measurable, given, 0).astype(np.int64)


def _of_phase(
    index: int, name: str, confusion: np.ndarray, given: np.ndarray, labels: np.ndarray
) -> PhaseAgreement:
    pixels = confusion.sum()
    return PhaseAgreement(
        name,
        _known(intersection_over_union(confusion)[index]),
        _known(dice(confusion)[index]),
        _known(boundary_f1(given == index, labels == index, TOLERANCE_PX)),
        100 * float(confusion[index].sum() / pixels),
        100 * float(confusion[:, index].sum() / pixels),
    )


def _grains(analysis: Analysis, given: np.ndarray) -> GrainAgreement | None:
    """Return how the boundary networks agree; None where the mask or the model has none."""
    boundary, rows = analysis.card.boundary_phase, analysis.micrograph.image_rows
    if boundary is None or not (given[rows] == boundary).any():
        return None
    found = analysis.segmentation
    probability = closing_probability(
        lambda phase: found.probabilities[phase, rows].astype("f4"), analysis.card
    )
    return grain_agreement(
        given[rows] == boundary,
        found.labels[rows] == boundary,
        grains_from_probability(probability),
        second_phase_mask(given[rows], analysis.card),
    )


def _is_scattered(reference: np.ndarray) -> bool:
    numbers = np.unique(reference[reference > 0])
    if not 0 < len(numbers) <= MOST_PHASES:
        return False
    areas = sum(int(label(reference == one, np.ones((3, 3)))[1]) for one in numbers)
    return areas >= MANY_AREAS * len(numbers)


def _differences(given: np.ndarray, labels: np.ndarray) -> np.ndarray:
    found = np.zeros(given.shape, np.uint8)
    differs = given != labels
    found[differs] = 3
    found[differs & (labels == 0)] = 1
    found[differs & (given == 0)] = 2
    return found


def _diameter_error(objects: np.ndarray, reference: np.ndarray) -> float | None:
    ours, theirs = (
        np.sqrt(np.unique(one[one > 0], return_counts=True)[1]) for one in (objects, reference)
    )
    return float(ours.mean() / theirs.mean() - 1) if len(ours) and len(theirs) else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
