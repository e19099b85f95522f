"""What is known of a network that was taught, beside its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.measurement.agreement import mean_of_known
from core.training.fine_tuning.images import Origin

HeldOut = Literal["none", "left out", "third"]


@dataclass(frozen=True)
class KnownScore:
    """Of one image, where its labels are known.

    ``iou``: of each phase, nan of one that is absent. ``object_iou``: mean over the objects in the
    labels of the best IoU of any object found; ``object_f1``: at IoU 0.5, nan where not all objects
    of the image are in the labels. ``phase_fractions``: found; ``true_fractions``: in the labels.
    """

    iou: tuple[float, ...]
    object_iou: float
    object_f1: float
    phase_fractions: tuple[float, ...]
    true_fractions: tuple[float, ...]

    @property
    def mean_iou(self) -> float:
        """Mean over the phases that are there."""
        return mean_of_known(self.iou)


@dataclass(frozen=True)
class HeldOutImage:
    """One image that a network was tested on which had not seen its specimen. ``before``: of the
    model that was started from; None where it knows other phases."""

    origin: Origin
    before: KnownScore | None
    after: KnownScore


@dataclass(frozen=True)
class Forgetting:
    """What the base model and the new one do on generated images of the base's kind, whose truth is
    known: mean IoU of the phases over ``images`` of them. Not the card's scores, whose images are
    not here."""

    images: int
    before: float
    after: float
