"""The scores of an evaluation as plain values, for programs, cards and tables."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.errors import DataError
from core.evaluation.boundary_agreement import GrainAgreement
from core.evaluation.confidence_calibration import BINS
from core.evaluation.evaluation import Evaluation
from core.evaluation.image_scores import ImageScores
from core.evaluation.image_values import image_values
from core.evaluation.object_reliability import object_confidence_entries
from core.measurement.bootstrap import FEWEST_IMAGES, mean_over_images
from core.types.model_card import ModelCard

DIGITS = 6


def entries(result: Evaluation) -> dict[str, object]:
    """Return the scores as JSON values; None where a number cannot be told.

    ``headlines`` holds value, lower and upper bound of the 95 % interval of each of
    :func:`core.evaluation.headlines.headlines`. ``single_images``: the values of the images where
    there are fewer than 8, which have no interval.
    """
    phases = [phase.name for phase in result.card.phases]
    headlines = {
        one.key: [known(x) for x in (one.estimate.value, one.estimate.low, one.estimate.high)]
        for one in result.headlines
    }

    def by_phase(key: str) -> dict[str, float | None]:
        return {phase: headlines[f"{key}.{phase}"][0] for phase in phases}

    weights, (clock, processor) = result.card.weights, result.speed
    return {
        "model": result.card.name,
        "weights_sha256": weights.sha256 if weights else None,
        "images": len(result.images),
        "foreground_iou_macro": headlines["foreground_iou_macro"][0],
        "foreground_iou_interval_95": headlines["foreground_iou_macro"][1:],
        "mean_iou": headlines["mean_iou"][0],
        "pixel_accuracy": headlines["pixel_accuracy"][0],
        "iou": by_phase("iou"),
        "dice": by_phase("dice"),
        "confusion": result.confusion.tolist(),
        "headlines": headlines,
        "confidence_calibration": confidence_calibration_entries(result),
        "object_confidence": object_confidence_entries(
            [one.objects for one in result.images if one.objects is not None]
        ),
        "speed": {
            "seconds_per_megapixel": known(clock),
            "processor_seconds_per_megapixel": known(processor),
            "machine": result.machine,
        },
        **_single_images(result, phases),
        **grain_entries([one.grains for one in result.images if one.grains is not None]),
        "by_image": [image_entry(one, result.card) for one in result.images],
    }


def _single_images(result: Evaluation, phases: Sequence[str]) -> dict[str, object]:
    if len(result.images) >= FEWEST_IMAGES:
        return {}
    rows = [_flat(image_entry(one, result.card)) for one in result.images]
    values = image_values(rows, phases)
    return {"single_images": {key: [known(x) for x in found] for key, found in values.items()}}


def foreground_iou_by(
    result: Evaluation, index: Mapping[str, Mapping[str, str]], column: str
) -> dict[str, dict[str, object]]:
    """Return the number of images and their mean foreground IoU, with its interval, for each value
    of a column of index.csv; images without foreground are left out.

    ``index``: its rows by stem.

    Raises:
        DataError: there is no index.csv with that column.
    """
    groups: dict[str, list[float]] = {}
    for image in result.images:
        value = index.get(image.stem, {}).get(column)
        if value is None:
            raise DataError(
                f"{column}: index.csv beside the images has no such column for {image.stem}."
            )
        if not math.isnan(image.foreground_iou):
            groups.setdefault(value, []).append(image.foreground_iou)
    found = {value: (len(ious), mean_over_images(ious)) for value, ious in sorted(groups.items())}
    return {
        value: {
            "images": count,
            "foreground_iou_macro": known(one.value),
            "foreground_iou_interval_95": [known(one.low), known(one.high)],
        }
        for value, (count, one) in found.items()
    }


def confidence_calibration_entries(result: Evaluation) -> dict[str, object] | None:
    """Return the reliability curve, its error, and what a temperature does to it; None of a method
    without probabilities.

    ``bins``: lower and upper bound, mean confidence, accuracy, share of the pixels. The two errors
    "of_sample" and "at_temperature" are of the same pixels, so they compare.
    """
    found, temperature = result.reliability, result.temperature
    if found is None:
        return None
    edges = np.arange(BINS + 1) / BINS
    made: dict[str, object] = {
        "expected_calibration_error": known(found.expected_calibration_error),
        "overconfidence": known(found.overconfidence),
        "bins": [
            [known(value) for value in one]
            for one in zip(edges[:-1], edges[1:], *found.curve, strict=True)
        ],
    }
    if temperature is not None:
        made |= {
            "temperature": known(temperature.value),
            "temperatures_of_folds": [known(value) for value in temperature.values],
            "expected_calibration_error_of_sample": known(
                temperature.before.expected_calibration_error
            ),
            "expected_calibration_error_at_temperature": known(
                temperature.after.expected_calibration_error
            ),
        }
    return made


def image_entry(image: ImageScores, card: ModelCard) -> dict[str, object]:
    """Return one image's scores as JSON values; ``boundary_f1_2px`` is that of the objects' phase,
    of the last phase where there are no objects."""
    phases = [phase.name for phase in card.phases]

    def by_phase(values: Iterable[float]) -> dict[str, float | None]:
        return dict(zip(phases, map(known, values), strict=True))

    made: dict[str, object] = {
        "stem": image.stem,
        "foreground_iou": known(image.foreground_iou),
        "iou": by_phase(image.iou),
        "boundary_f1_2px": known(image.boundary_f1[_counted(card)]),
        "boundary_f1_2px_by_phase": by_phase(image.boundary_f1),
        "phase_fraction_error_points": by_phase(image.phase_fraction_error),
        "seconds_per_megapixel": known(image.seconds / image.megapixels),
    }
    if image.objects is not None:
        objects = image.objects
        made |= {
            "objects": len(objects.diameters_px),
            "objects_in_mask": len(objects.reference_diameters_px),
            "objects_f1_iou50": known(objects.agreement.f1),
            "objects_f1_iou75": known(objects.strict_agreement.f1),
            "panoptic_quality": known(objects.agreement.panoptic_quality),
            "mean_diameter_error": known(objects.diameter_error),
        }
    if image.reliability is not None:
        error = image.reliability.expected_calibration_error
        made["expected_calibration_error"] = known(error)
    return made | ({} if image.grains is None else grain_entries([image.grains]))


def grain_entries(found: Sequence[GrainAgreement]) -> dict[str, float | None]:
    """Return the mean over images of what counts for grain boundaries; empty without any."""
    if not found:
        return {}

    def mean(values: list[float]) -> float | None:
        return known(sum(values) / len(values))

    return {
        "boundary_dice": mean([one.dice for one in found]),
        "boundary_dice_within_3px": mean([one.band.f1 for one in found]),
        "network_f1_within_3px": mean([one.line.f1 for one in found]),
        "mean_intercept_px": mean([one.intercept_px for one in found]),
        "mean_intercept_px_in_mask": mean([one.reference_intercept_px for one in found]),
        "mean_intercept_absolute_error": mean([abs(one.intercept_error) for one in found]),
        "grains": mean([one.grains for one in found]),
        "grains_in_mask": mean([one.reference_grains for one in found]),
    }


def images_csv(result: Evaluation) -> bytes:
    """Return one row an image as CSV; a score of one phase has it in its column's name."""
    rows = [_flat(image_entry(image, result.card)) for image in result.images]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _counted(card: ModelCard) -> int:
    return len(card.phases) - 1 if card.objects_phase is None else card.objects_phase


def known(value: float) -> float | None:
    """Return ``value`` to six digits after the point, None for nan and infinity."""
    return round(float(value), DIGITS) if math.isfinite(value) else None


def _flat(entry: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in entry.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}_{phase.replace(' ', '_')}": one for phase, one in value.items()}
        else:
            flat[key] = value
    return flat
