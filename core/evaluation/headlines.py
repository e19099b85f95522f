"""Scores of a model over all images that it was scored on, with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.evaluation.image_scores import ImageScores, ObjectScores
from core.measurement.agreement import (
    dice,
    intersection_over_union,
    mean_of_known,
    pixel_accuracy,
    pooled_intersection_over_union,
)
from core.measurement.bootstrap import (
    Estimate,
    mean_over_images,
    median_over_images,
    over_all_images,
)

# Of equivalent diameters, where recall is told by size.
SIZES_PX = {
    "under_10_px": (0.0, 10.0),
    "10_to_30_px": (10.0, 30.0),
    "30_to_100_px": (30.0, 100.0),
    "100_px_and_more": (100.0, float("inf")),
}
CLOSE = 0.1


@dataclass(frozen=True)
class Headline:
    """A score that a card may show. ``key``: its name in files, "iou.particle" for one phase."""

    key: str
    estimate: Estimate


def headlines(images: Sequence[ImageScores], phases: Sequence[str]) -> tuple[Headline, ...]:
    """Return every score with its 95 % bootstrap interval over images, or over their groups.

    - ``mean_iou``, ``micro_iou``, ``mean_dice``, ``pixel_accuracy``, ``iou.PHASE``,
      ``dice.PHASE``: of one confusion matrix over all images
    - ``foreground_iou_macro``: IoU of what is not phase 0, mean over images
    - ``boundary_f1_2px.PHASE``: outlines within 2 px, mean over images
    - ``phase_fraction_error_points.PHASE``, ``phase_fraction_absolute_error_points.PHASE``: area
      fraction found minus the mask's, in percentage points, mean over images
    - ``objects_f1_iou50_micro``, ``panoptic_quality_micro``: matched pairs, false
      and missed objects added over all images; ``..._macro``: of each image, averaged
    - ``objects_f1_iou75_...``: the same at IoU 0.75
    - ``objects_recall_iou50.GROUP``: share of the mask's objects that were found, all images
      together, of those that touch another and those that are free, and by equivalent diameter
    - ``mean_diameter_absolute_error_median``, ``mean_diameter_within_10_percent``: median over
      images and share of the images
    - ``mean_diameter_error``, ``mean_diameter_absolute_error``: mean equivalent diameter relative
      to the mask's, minus 1, mean over images; ``mean_diameter_error_micro``: all objects of
      all images as one population
    - ``boundary_dice_within_3px``, ``network_f1_within_3px``, ``mean_intercept_error``,
      ``mean_intercept_absolute_error``: of grain boundaries, mean over images
    - ``expected_calibration_error``: over all pixels

    ``phases``: names, by index. What the masks cannot tell is left out.
    """
    made = [*_of_pixels(images, phases), *_of_objects(images), *_of_grains(images)]
    known = [one for one in images if one.reliability is not None]
    bins = [one.reliability for one in known if one.reliability is not None]
    if bins:
        counts = np.stack([np.stack([one.pixels, one.right - one.confidence]) for one in bins])
        estimate = over_all_images(counts, _ece, _groups(known))
        made.append(Headline("expected_calibration_error", estimate))
    return tuple(made)


def _groups(images: Sequence[ImageScores]) -> list[str]:
    return [one.group or one.stem for one in images]


def _of_pixels(images: Sequence[ImageScores], phases: Sequence[str]) -> Iterator[Headline]:
    confusion = np.stack([one.confusion for one in images])
    groups = _groups(images)
    foreground = np.array([one.foreground_iou for one in images])
    yield Headline("foreground_iou_macro", mean_over_images(foreground, groups))
    for key, score in (
        ("mean_iou", lambda counts: _mean_known(intersection_over_union(counts))),
        ("micro_iou", pooled_intersection_over_union),
        ("mean_dice", lambda counts: _mean_known(dice(counts))),
        ("pixel_accuracy", lambda counts: np.array([pixel_accuracy(one) for one in counts])),
    ):
        yield Headline(key, over_all_images(confusion, score, groups))
    boundary = np.array([one.boundary_f1 for one in images])
    fraction = np.array([one.phase_fraction_error for one in images])
    for index, phase in enumerate(phases):
        for key, ratio in (("iou", intersection_over_union), ("dice", dice)):
            estimate = over_all_images(confusion, _of_phase(ratio, index), groups)
            yield Headline(f"{key}.{phase}", estimate)
        error = fraction[:, index]
        yield Headline(f"boundary_f1_2px.{phase}", mean_over_images(boundary[:, index], groups))
        yield Headline(f"phase_fraction_error_points.{phase}", mean_over_images(error, groups))
        yield Headline(
            f"phase_fraction_absolute_error_points.{phase}", mean_over_images(np.abs(error), groups)
        )


def _of_objects(images: Sequence[ImageScores]) -> Iterator[Headline]:
    known = [one for one in images if one.objects is not None]
    found = [one.objects for one in known if one.objects is not None]
    if not found:
        return
    groups = _groups(known)
    matches = [one.agreement for one in found]
    strict = [one.strict_agreement for one in found]
    for key, agreements, per_image, hits in (
        ("objects_f1_iou50", matches, [m.f1 for m in matches], 0),
        ("objects_f1_iou75", strict, [m.f1 for m in strict], 0),
        ("panoptic_quality", matches, [m.panoptic_quality for m in matches], 3),
    ):
        counts = np.array(
            [
                (m.true_positives, m.false_positives, m.false_negatives, m.iou_sum)
                for m in agreements
            ]
        )
        estimate = over_all_images(counts, partial(_matched, hits=hits), groups)
        yield Headline(f"{key}_micro", estimate)
        yield Headline(f"{key}_macro", mean_over_images(np.array(per_image), groups))
    yield from _recall_by_group(found, groups)
    yield from _of_diameters(found, groups)


def _recall_by_group(found: Sequence[ObjectScores], groups: Sequence[str]) -> Iterator[Headline]:
    selections = {
        "touching": [one.touching for one in found],
        "free": [~one.touching for one in found],
    } | {name: [_between(one, *limits) for one in found] for name, limits in SIZES_PX.items()}
    for name, members in selections.items():
        counts = np.array(
            [((m & one.found).sum(), m.sum()) for m, one in zip(members, found, strict=True)]
        )
        if counts[:, 1].any():
            yield Headline(f"objects_recall_iou50.{name}", over_all_images(counts, _share, groups))


def _between(one: ObjectScores, low: float, high: float) -> np.ndarray:
    return (low <= one.reference_diameters_px) & (one.reference_diameters_px < high)


def _of_diameters(found: Sequence[ObjectScores], groups: Sequence[str]) -> Iterator[Headline]:
    errors = np.array([one.diameter_error for one in found])
    yield Headline("mean_diameter_error", mean_over_images(errors, groups))
    yield Headline("mean_diameter_absolute_error", mean_over_images(np.abs(errors), groups))
    # Where nothing of what is there was found, the mean diameter is off by all of it.
    empty = [len(one.diameters_px) == 0 < len(one.reference_diameters_px) for one in found]
    off = np.where(empty, 1.0, np.abs(errors))
    yield Headline("mean_diameter_absolute_error_median", median_over_images(off))
    within = np.where(np.isnan(off), np.nan, off <= CLOSE)
    yield Headline("mean_diameter_within_10_percent", mean_over_images(within, groups))
    sums = np.array(
        [
            (d.sum(), len(d), r.sum(), len(r))
            for d, r in ((one.diameters_px, one.reference_diameters_px) for one in found)
        ]
    )
    yield Headline("mean_diameter_error_micro", over_all_images(sums, _ratio_of_means, groups))


def _of_grains(images: Sequence[ImageScores]) -> Iterator[Headline]:
    known = [one for one in images if one.grains is not None]
    found = [one.grains for one in known if one.grains is not None]
    if not found:
        return
    groups = _groups(known)
    errors = [one.intercept_error for one in found]
    for key, values in (
        ("boundary_dice_within_3px", [one.band.f1 for one in found]),
        ("network_f1_within_3px", [one.line.f1 for one in found]),
        ("mean_intercept_error", errors),
        ("mean_intercept_absolute_error", np.abs(errors)),
    ):
        yield Headline(key, mean_over_images(np.array(values), groups))


def _mean_known(values: np.ndarray) -> np.ndarray:
    return np.array([mean_of_known(row) for row in values])


def _of_phase(
    ratio: Callable[[np.ndarray], np.ndarray], index: int
) -> Callable[[np.ndarray], np.ndarray]:
    return lambda counts: ratio(counts)[:, index]


def _matched(counts: np.ndarray, hits: int) -> np.ndarray:
    """Return ``counts[:, hits]`` / (TP + (FP + FN) / 2); hits 0: F1, 3: panoptic quality."""
    weight = counts[:, 0] + (counts[:, 1] + counts[:, 2]) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return counts[:, hits] / weight


def _share(counts: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return counts[:, 0] / counts[:, 1]


def _ratio_of_means(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (sums[:, 0] / sums[:, 1]) / (sums[:, 2] / sums[:, 3]) - 1


def _ece(counts: np.ndarray) -> np.ndarray:
    return np.abs(counts[:, 1]).sum(1) / counts[:, 0].sum(1)
