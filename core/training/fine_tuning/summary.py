"""Before and after on the same images, with intervals over specimens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from core.measurement.bootstrap import Estimate, mean_over_images
from core.training.fine_tuning.tested import HeldOutImage, KnownScore

Value = Callable[[KnownScore], float]


@dataclass(frozen=True)
class Row:
    """One number, mean over images. ``before``, ``change``: None where the model that was started
    from knows other phases. Intervals over specimens are nan with fewer than 8 of them."""

    name: str
    before: Estimate | None
    after: Estimate
    change: Estimate | None


@dataclass(frozen=True)
class Group:
    """Images labelled alike. ``title``: how. ``images``: those that became worse first."""

    title: str
    rows: tuple[Row, ...]
    images: tuple[HeldOutImage, ...]

    @property
    def worse(self) -> int:
        """How many images have a lower mean IoU than before."""
        return sum(gain(one) < 0 for one in self.images if one.before is not None)


def groups(tested: Sequence[HeldOutImage], phases: Sequence[str]) -> tuple[Group, ...]:
    """Return the scores of images that were corrected from a model's result, and apart from them of
    those that were labelled without one."""
    corrected = [one for one in tested if one.origin.model]
    others = [one for one in tested if not one.origin.model]
    named = (("Corrected from a model's result", corrected), ("Labelled without a model", others))
    return tuple(
        Group(title, _rows(found, phases), tuple(sorted(found, key=gain)))
        for title, found in named
        if found
    )


def gain(one: HeldOutImage) -> float:
    """Return by how much the mean IoU of an image rose; the mean IoU where there is none before."""
    return one.after.mean_iou - (one.before.mean_iou if one.before else 0.0)


def _rows(tested: Sequence[HeldOutImage], phases: Sequence[str]) -> tuple[Row, ...]:
    found = [_row(tested, "Mean IoU of the phases", lambda score: score.mean_iou)]
    found += [_row(tested, f"IoU of {name}", partial(_iou, n)) for n, name in enumerate(phases)]
    found += [
        _row(tested, f"Area fraction of {name}, off by (percentage points)", partial(_off, n))
        for n, name in enumerate(phases)
    ]
    if any(one.after.object_iou == one.after.object_iou for one in tested):
        found.append(_row(tested, "Best IoU of each object", lambda score: score.object_iou))
    if any(one.after.object_f1 == one.after.object_f1 for one in tested):
        found.append(_row(tested, "F1 of objects at IoU 0.5", lambda score: score.object_f1))
    return tuple(found)


def _iou(phase: int, score: KnownScore) -> float:
    return score.iou[phase]


def _off(phase: int, score: KnownScore) -> float:
    return 100 * abs(score.phase_fractions[phase] - score.true_fractions[phase])


def _row(tested: Sequence[HeldOutImage], name: str, value: Value) -> Row:
    specimens = [one.origin.specimen for one in tested]
    after = [value(one.after) for one in tested]
    before = [value(one.before) for one in tested if one.before is not None]
    told = mean_over_images(after, specimens)
    if len(before) < len(after):
        return Row(name, None, told, None)
    change = [b - a for a, b in zip(before, after, strict=True)]
    both = mean_over_images(before, specimens), mean_over_images(change, specimens)
    return Row(name, both[0], told, both[1])
