"""What is kept of each image that a model is scored on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.boundary_agreement import GrainAgreement
from core.evaluation.confidence_calibration import PixelSample, Reliability
from core.measurement.agreement import intersection_over_union, mean_of_known
from core.measurement.object_agreement import ObjectAgreement

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class ObjectScores:
    """Objects of one image against a mask of instances.

    ``agreement``, ``strict_agreement``: matched at IoU >= 0.5 and >= 0.75. ``diameters_px``,
    ``reference_diameters_px``: equivalent diameters of the objects found and of those in the mask.
    ``touching``, ``found``: (N,) bool, whether each object of the mask has a neighbour within 3 px
    and whether one of the objects found has an IoU >= 0.5 with it, in the order of
    ``reference_diameters_px``. ``confidence``, ``overlap``: (M,) of each object found, of any
    confidence, and its largest IoU with an object of the mask; None of a model without.
    """

    agreement: ObjectAgreement
    strict_agreement: ObjectAgreement
    diameters_px: np.ndarray
    reference_diameters_px: np.ndarray
    touching: np.ndarray
    found: np.ndarray
    confidence: np.ndarray | None = None
    overlap: np.ndarray | None = None

    @property
    def diameter_error(self) -> float:
        """Mean equivalent diameter relative to the mask's, minus 1; nan where one has no object."""
        return relative_error(self.diameters_px, self.reference_diameters_px)


@dataclass(frozen=True, eq=False)
class ImageScores:
    """One image.

    ``confusion``: (C, C) pixels, row = phase in the mask. ``boundary_f1``: (C,) of each phase's
    outline, nan where neither image has one. ``objects``: where the mask holds instances.
    ``grains``: of a model that finds grain boundaries. ``reliability``, ``sample``: of a network,
    whose probabilities mean something. ``seconds``, ``processor_seconds``: of the segmentation, by
    the clock and of all threads together; the latter is the same on a busy machine. ``group``: the
    micrograph or specimen that the image is a part of, "" where it stands alone. ``untold``:
    indices of the phases that the mask says nothing of.
    """

    stem: str
    confusion: np.ndarray
    boundary_f1: tuple[float, ...]
    objects: ObjectScores | None = None
    grains: GrainAgreement | None = None
    reliability: Reliability | None = None
    sample: PixelSample | None = None
    seconds: float = NAN
    processor_seconds: float = NAN
    group: str = ""
    untold: tuple[int, ...] = ()

    @property
    def iou(self) -> np.ndarray:
        """(C,) of each phase, nan where it is absent."""
        return intersection_over_union(self.confusion)

    @property
    def foreground_iou(self) -> float:
        """Mean IoU of the phases that are not phase 0; nan where none is there."""
        return mean_of_known(self.iou[1:])

    @property
    def phase_fraction_error(self) -> np.ndarray:
        """(C,) area fraction found minus that of the mask, in percentage points; nan of a phase
        that the mask says nothing of."""
        pixels = self.confusion.sum()
        error = 100 * (self.confusion.sum(axis=0) - self.confusion.sum(axis=1)) / pixels
        error[list(self.untold)] = NAN
        return error

    @property
    def megapixels(self) -> float:
        """Of the whole image."""
        return float(self.confusion.sum() / 1e6)


def relative_error(found: np.ndarray, reference: np.ndarray) -> float:
    """Return the mean of ``found`` relative to that of ``reference``, minus 1; nan where one of
    them is empty."""
    return float(found.mean() / reference.mean() - 1) if len(found) and len(reference) else NAN
