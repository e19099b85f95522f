"""The tables of a card's scores, for the page and the documents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from core.evaluation.initialization_scores import Initialization
from core.evaluation.measured import ConfidenceCalibration, Measured
from core.measurement.bootstrap import Estimate
from core.types.model_card import ModelCard, Score

TEST_SETS = {
    "ours": "The split is ours, not the test set of the data's authors.",
    "authors": "This is the test set of the data's authors.",
    "made": "",
}
WHERE = "the same images as the first scores above"
MICRO, MACRO = "micro average (pooled)", "macro average (mean over images)"
OVERALL = {
    "foreground_iou_macro": f"IoU of the foreground phases, {MACRO}",
    "mean_iou": "mean IoU over phases, pooled pixels",
    "micro_iou": f"IoU over all phases, {MICRO}",
    "mean_dice": "mean Dice over phases, pooled pixels",
    "pixel_accuracy": "pixel accuracy",
    "objects_f1_iou50_micro": f"F1 of objects at IoU 0.5, {MICRO}",
    "objects_f1_iou50_macro": f"F1 of objects at IoU 0.5, {MACRO}",
    "objects_f1_iou75_micro": f"F1 of objects at IoU 0.75, {MICRO}",
    "objects_f1_iou75_macro": f"F1 of objects at IoU 0.75, {MACRO}",
    "objects_recall_iou50.touching": "recall of touching objects, pooled",
    "objects_recall_iou50.free": "recall of isolated objects, pooled",
    "objects_recall_iou50.under_10_px": "recall of objects under 10 px in diameter",
    "objects_recall_iou50.10_to_30_px": "recall of objects of 10 to 30 px",
    "objects_recall_iou50.30_to_100_px": "recall of objects of 30 to 100 px",
    "objects_recall_iou50.100_px_and_more": "recall of objects of 100 px and more",
    "panoptic_quality_micro": f"panoptic quality, {MICRO}",
    "panoptic_quality_macro": f"panoptic quality, {MACRO}",
    "boundary_dice_within_3px": "boundary Dice within 3 px, mean over images",
    "network_f1_within_3px": "F1 of the closed boundary network within 3 px, mean over images",
}
RELATIVE = {
    "mean_diameter_error": "error of the mean diameter, mean over images",
    "mean_diameter_absolute_error": "absolute error of the mean diameter, mean over images",
    "mean_diameter_absolute_error_median": (
        "absolute error of the mean diameter, median over images"
    ),
    "mean_diameter_within_10_percent": "images whose mean diameter is within 10 %",
    "mean_diameter_error_micro": "error of the mean diameter, pooled objects",
    "mean_intercept_error": "error of the mean intercept length, mean over images",
    "mean_intercept_absolute_error": (
        "absolute error of the mean intercept length, mean over images"
    ),
}
BY_PHASE = {
    "iou": "IoU",
    "dice": "Dice",
    "boundary_f1_2px": "boundary F1 within 2 px, mean over images",
}
POINTS = {
    "phase_fraction_error_points": "error of the area fraction, percentage points",
    "phase_fraction_absolute_error_points": (
        "absolute error of the area fraction, percentage points"
    ),
}
INITIALIZATIONS = {
    "scratch": "from scratch",
    "imagenet": "ImageNet",
    "micrographs": (
        "micrograph pre-training, on this task and four others; saw its validation images"
    ),
    "micronet": "MicroNet",
}
ENCODERS = {f"tu-tf_efficientnet_lite{number}": f"EfficientNet-Lite{number}" for number in range(3)}


@dataclass(frozen=True)
class ScoreRow:
    """``value`` and its 95 % ``interval`` as text; in place of an interval the values of single
    images where they are few, "" where there is neither."""

    name: str
    value: str
    interval: str = ""


@dataclass(frozen=True)
class InitializationRow:
    """``scores``: of each seed, ``mean``: over them, as text."""

    init: str
    encoder: str
    scores: str
    mean: str


@dataclass(frozen=True)
class RobustnessRow:
    """``score``: the one that the model is chosen by, ``foreground``: IoU of all that is not the
    first phase, of all images together, both as text."""

    perturbation: str
    score: str
    foreground: str


def card_score_rows(
    scores: Sequence[Score], found: Measured | None, seeds: Mapping[str, tuple[float, ...]]
) -> list[ScoreRow]:
    """Return the card's own scores with the intervals that were measured with them.

    ``seeds``: by key, the same score of runs that differ in their seed alone.
    """
    return [
        ScoreRow(
            _with_seeds(one.metric, seeds.get(one.key, ())),
            f"{one.value:.3f}",
            _spread(found, one.key) if found else "",
        )
        for one in scores
    ]


def overall_rows(found: Measured) -> list[ScoreRow]:
    """Return what was measured of all phases together."""
    rows = [
        ScoreRow(words, f"{found.scores[key].value:.3f}", _spread(found, key))
        for key, words in OVERALL.items()
        if key in found.scores
    ]
    for key, words in RELATIVE.items():
        if key in found.scores and not math.isnan(found.scores[key].value):
            form = "{:.1f} %" if "absolute" in key or "within" in key else "{:+.1f} %"
            one = found.scores[key]
            rows.append(
                ScoreRow(words, form.format(100 * one.value), _spread(found, key, form, factor=100))
            )
    return rows


def phase_rows(found: Measured, phase: str) -> list[ScoreRow]:
    """Return what was measured of one phase."""
    rows = [
        ScoreRow(
            words, _number(found.scores[f"{key}.{phase}"].value), _spread(found, f"{key}.{phase}")
        )
        for key, words in BY_PHASE.items()
    ]
    for key, words in POINTS.items():
        one, form = found.scores[f"{key}.{phase}"], "{:.2f}" if "absolute" in key else "{:+.2f}"
        rows.append(ScoreRow(words, form.format(one.value), _spread(found, f"{key}.{phase}", form)))
    return rows


def robustness_rows(found: Measured) -> list[RobustnessRow]:
    """Return the scores after each perturbation: the foreground IoU, mean over images, where there
    are two phases, else the mean IoU over phases; and the foreground IoU of the pooled pixels."""
    key = "foreground_iou_macro" if len(found.phases) == 2 else "mean_iou"
    return [
        RobustnessRow(one.perturbation, _number(getattr(one, key)), _number(one.foreground_iou))
        for one in found.robustness
    ]


def robustness_headings(found: Measured) -> tuple[str, str]:
    """Return what the two scores of :func:`robustness_rows` are called."""
    first = f"foreground IoU, {MACRO}" if len(found.phases) == 2 else "mean IoU over phases"
    return first, f"foreground IoU, {MICRO}"


def robustness_caption(found: Measured) -> str:
    """Return what :func:`robustness_rows` is about."""
    return (
        f"The same {found.robustness[0].images} images under one perturbation at a time; other "
        "specimens are not among them."
    )


def initialization_caption(found: Sequence[Initialization]) -> str:
    """Return what :func:`initialization_rows` is about."""
    runs = sorted({(one.steps, one.batch, one.crop_px) for one in found})
    kinds = " or ".join(
        f"{steps} steps of {batch} crops of {side} px" for steps, batch, side in runs
    )
    return (
        f"Short runs of {kinds}; best validation score of each. The shipped model was trained for "
        "longer."
    )


def initialization_rows(found: Sequence[Initialization]) -> list[InitializationRow]:
    """Return what each start scored, the best last."""
    return [
        InitializationRow(
            INITIALIZATIONS.get(one.init, f"the model {one.init}"),
            ENCODERS.get(one.encoder, one.encoder),
            ", ".join(f"{score:.3f}" for score in one.scores),
            f"{one.mean:.3f}",
        )
        for one in found
    ]


def interval(one: Estimate | None, form: str = "{:.3f}", factor: float = 1) -> str:
    """Return "low to high", "" where there is no interval."""
    if one is None or math.isnan(one.low):
        return ""
    return f"{form.format(factor * one.low)} to {form.format(factor * one.high)}"


def interval_heading(found: Measured | None) -> str:
    """Return what :attr:`ScoreRow.interval` holds."""
    return "single images" if found and found.by_image else "95 % interval"


def interval_note(found: Measured) -> str:
    """Return where the intervals come from, or why there are none."""
    if found.by_image:
        return (
            f"{found.images} images are too few for an interval; values of single images instead."
        )
    over = found.cluster.replace("_", " ") or "image"
    return f"95 % intervals by bootstrap, resampled by {over}."


def _spread(found: Measured, key: str, form: str = "{:.3f}", factor: float = 1) -> str:
    if found.by_image:
        return ", ".join(form.format(factor * value) for value in found.by_image.get(key, ()))
    return interval(found.scores.get(key), form, factor)


def test_set_note(scores: Sequence[Score]) -> str:
    """Return whose split the scores stand on, "" for images that were made."""
    return " ".join(dict.fromkeys(TEST_SETS[one.test_set] for one in scores)).strip()


def confidence_calibration_text(
    card: ModelCard, found: ConfidenceCalibration, error: Estimate
) -> str:
    """Return the calibration of the network's confidence and the effect of temperature scaling."""
    side = "overconfident" if found.overconfidence > 0 else "underconfident"
    within = f" ({interval(error)})" if interval(error) else ""
    text = (
        f"Expected calibration error {error.value:.3f}{within} over all pixels, in 15 bins: on "
        f"average the network is {side} by {100 * abs(found.overconfidence):.1f} percentage points."
    )
    if math.isnan(found.temperature):
        return text
    text += (
        " Temperature scaling, cross-validated over images, takes the error from "
        f"{found.error_without:.3f} to {found.error_with:.3f}; fitted to all images the "
        f"temperature is {found.temperature:.2f}."
    )
    if card.temperature != 1:
        return text + (
            " The page Segment shows confidence and uncertainty at a temperature of "
            f"{card.temperature:.2f}; labels and exported probabilities are unchanged."
        )
    return text + " It is not applied: the page Segment shows the network's own confidence."


def speed_text(found: Measured) -> str:
    """Return the time per megapixel and the machine."""
    if found.machine.startswith("CPU") and not math.isnan(found.processor_seconds):
        return (
            f"{found.processor_seconds:.1f} s of processor time per megapixel, "
            f"{found.seconds:.1f} s wall-clock time ({found.machine})"
        )
    return f"{found.seconds:.2g} s per megapixel ({found.machine})"


def _with_seeds(metric: str, seeds: Sequence[float]) -> str:
    if len(seeds) < 2:
        return metric
    return (
        f"{metric} ({len(seeds)} seeds: mean {mean(seeds):.3f}, {min(seeds):.3f} to "
        f"{max(seeds):.3f})"
    )


def _number(value: float) -> str:
    return "not known" if math.isnan(value) else f"{value:.3f}"
