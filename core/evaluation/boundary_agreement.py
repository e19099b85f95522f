"""How well a network of grain boundaries agrees with a reference, and what that does to the size.

Lines that a hand has drawn are off by some pixels and have a width of their own, so lines are
compared within a tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.measurement.agreement import check_same_shape, fraction_near
from core.measurement.grains.grain_size import count_grains, intercepts
from core.segmentation.grains.network import boundaries, separate_grains

TOLERANCE_PX = 3.0
REFERENCE_SPLIT = 0.0


@dataclass(frozen=True)
class LineAgreement:
    """``precision``: fraction of the predicted pixels that lie within the tolerance of the
    reference, ``recall``: the reverse; nan where there are none."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean, the Dice coefficient with tolerance; 0 when nothing agrees, nan when both
        images are empty."""
        if np.isnan(self.precision) and np.isnan(self.recall):
            return float("nan")
        both = np.nan_to_num(self.precision) + np.nan_to_num(self.recall)
        return float(2 * self.precision * self.recall / both) if both > 0 else 0.0


def line_agreement(
    reference: np.ndarray, prediction: np.ndarray, tolerance_px: float = TOLERANCE_PX
) -> LineAgreement:
    """Compare two sets of pixels (H, W) bool within ``tolerance_px`` (Euclidean, 0 = the very
    pixel).

    With tolerance 0 the F1 is the Dice coefficient. On bands of several pixels' width it is the
    boundary Dice with tolerance; on lines one pixel wide it is the boundary F1 of Martin et al.
    2004, doi:10.1109/TPAMI.2004.1273918, without their one-to-one matching.

    Raises:
        DataError: shapes that differ.
    """
    check_same_shape(reference, prediction)
    reference, prediction = np.asarray(reference, bool), np.asarray(prediction, bool)
    return LineAgreement(
        fraction_near(prediction, reference, tolerance_px) if prediction.any() else float("nan"),
        fraction_near(reference, prediction, tolerance_px) if reference.any() else float("nan"),
    )


@dataclass(frozen=True)
class GrainAgreement:
    """A boundary image against its reference.

    ``dice``: plain, of the bands. ``band``: the bands within the tolerance, so its F1 is the
    boundary Dice with tolerance. ``line``: the closed networks, one pixel wide, within the
    tolerance. ``grains``, ``intercept_px``: counted on the closed networks, with ``reference_``
    those of the reference.
    """

    dice: float
    band: LineAgreement
    line: LineAgreement
    grains: float
    reference_grains: float
    intercept_px: float
    reference_intercept_px: float

    @property
    def intercept_error(self) -> float:
        """Mean intercept relative to the reference's, minus 1."""
        return self.intercept_px / self.reference_intercept_px - 1

    @property
    def count_error(self) -> float:
        """Number of grains relative to the reference's, minus 1."""
        return self.grains / self.reference_grains - 1


def grain_agreement(
    reference: np.ndarray,
    prediction: np.ndarray,
    grains: np.ndarray | None = None,
    particles: np.ndarray | None = None,
    tolerance_px: float = TOLERANCE_PX,
) -> GrainAgreement:
    """Compare boundary pixels (H, W) bool with a reference's.

    The reference's network is taken as closed. ``grains``: (H, W) ids of the prediction's grains;
    None closes narrow gaps in ``prediction``. ``particles``: (H, W) bool, the reference's second
    phase, through which its boundaries go on.

    Raises:
        DataError: shapes that differ.
    """
    band = line_agreement(reference, prediction, tolerance_px)
    closed = np.asarray(reference, bool) if particles is None else reference | particles
    theirs = separate_grains(np.asarray(closed, bool), REFERENCE_SPLIT)
    ours = separate_grains(np.asarray(prediction, bool)) if grains is None else grains
    return GrainAgreement(
        dice=line_agreement(reference, prediction, 0).f1,
        band=band,
        line=line_agreement(boundaries(theirs), boundaries(ours), tolerance_px),
        grains=count_grains(ours).equivalent,
        reference_grains=count_grains(theirs).equivalent,
        intercept_px=intercepts(ours).mean_px,
        reference_intercept_px=intercepts(theirs).mean_px,
    )
