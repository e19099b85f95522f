"""A card's scores as a reader wants them: the same words on the page and in the documents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from core.evaluation.initialization_scores import Initialization
from core.evaluation.measured import ConfidenceCalibration, Measured
from core.measurement.bootstrap import Estimate
from core.types import ModelCard, Score

TEST_SETS = {
    "ours": "The choice of images is ours, not the test set of the data's authors.",
    "authors": "This is the test set of the data's authors.",
    "made": "",
}
WHERE = "the images of the scores that have an interval above"
OVERALL = {
    "foreground_iou_macro": "IoU of all that is not the first phase, mean over images",
    "mean_iou": "mean IoU over phases, one confusion matrix over all images",
    "micro_iou": "IoU of all phases counted together, which frequent phases decide, likewise",
    "mean_dice": "mean Dice over phases, likewise",
    "pixel_accuracy": "pixel accuracy, likewise",
    "objects_f1_iou50_micro": "F1 of objects at IoU of 0.5 or more, all images as one",
    "objects_f1_iou50_macro": "F1 of objects, mean over images",
    "objects_f1_iou75_micro": "F1 of objects at IoU of 0.75 or more, all images as one",
    "objects_f1_iou75_macro": "F1 of objects at 0.75, mean over images",
    "objects_recall_iou50.touching": "recall of objects that touch another, all images as one",
    "objects_recall_iou50.free": "recall of objects that touch none",
    "objects_recall_iou50.under_10_px": "recall of objects under 10 px in diameter",
    "objects_recall_iou50.10_to_30_px": "recall of objects of 10 to 30 px",
    "objects_recall_iou50.30_to_100_px": "recall of objects of 30 to 100 px",
    "objects_recall_iou50.100_px_and_more": "recall of objects of 100 px and more",
    "panoptic_quality_micro": "panoptic quality, all images as one",
    "panoptic_quality_macro": "panoptic quality, mean over images",
    "boundary_dice_within_3px": "Dice of boundaries within 3 px, mean over images",
    "network_f1_within_3px": "F1 of the closed network within 3 px, mean over images",
}
RELATIVE = {
    "mean_diameter_error": "mean diameter of the objects, error, mean over images",
    "mean_diameter_absolute_error": "mean diameter, absolute error, mean over images",
    "mean_diameter_absolute_error_median": "mean diameter, absolute error, median over images",
    "mean_diameter_within_10_percent": "images whose mean diameter is within 10 %, absolute",
    "mean_diameter_error_micro": "mean diameter, error, all images as one",
    "mean_intercept_error": "mean intercept of the grains, error, mean over images",
    "mean_intercept_absolute_error": "mean intercept, absolute error, mean over images",
}
BY_PHASE = {
    "iou": "IoU",
    "dice": "Dice",
    "boundary_f1_2px": "boundary F1 within 2 px, mean over images",
}
POINTS = {
    "phase_fraction_error_points": "phase fraction, error in percentage points, mean over images",
    "phase_fraction_absolute_error_points": "phase fraction, absolute error in percentage points",
}
INITIALIZATIONS = {
    "scratch": "from scratch",
    "imagenet": "ImageNet",
    "micrographs": "ImageNet, then five tasks, this one among them, its validation images too",
    "micronet": "MicroNet",
}
ENCODERS = {f"tu-tf_efficientnet_lite{number}": f"EfficientNet-Lite{number}" for number in range(3)}


@dataclass(frozen=True)
class ScoreRow:
    """``value`` and its 95 % ``interval``, "" where there is none, as text."""

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
    known = found.scores if found else {}
    return [
        ScoreRow(
            _with_seeds(one.metric, seeds.get(one.key, ())),
            f"{one.value:.3f}",
            interval(known.get(one.key)),
        )
        for one in scores
    ]


def overall_rows(found: Measured) -> list[ScoreRow]:
    """Return what was measured of all phases together."""
    rows = [
        ScoreRow(words, f"{found.scores[key].value:.3f}", interval(found.scores[key]))
        for key, words in OVERALL.items()
        if key in found.scores
    ]
    for key, words in RELATIVE.items():
        if key in found.scores and not math.isnan(found.scores[key].value):
            form = "{:.1f} %" if "absolute" in key else "{:+.1f} %"
            one = found.scores[key]
            rows.append(
                ScoreRow(words, form.format(100 * one.value), interval(one, form, factor=100))
            )
    return rows


def phase_rows(found: Measured, phase: str) -> list[ScoreRow]:
    """Return what was measured of one phase."""
    rows = [
        ScoreRow(
            words, _three(found.scores[f"{key}.{phase}"]), interval(found.scores[f"{key}.{phase}"])
        )
        for key, words in BY_PHASE.items()
    ]
    for key, words in POINTS.items():
        one, form = found.scores[f"{key}.{phase}"], "{:.2f}" if "absolute" in key else "{:+.2f}"
        rows.append(ScoreRow(words, form.format(one.value), interval(one, form)))
    return rows


def robustness_rows(found: Measured) -> list[RobustnessRow]:
    """Return what changes of the images do to the first score of models of its kind: the IoU of
    the foreground, mean over images, of two phases; else the mean IoU over phases."""
    key = "foreground_iou_macro" if len(found.phases) == 2 else "mean_iou"
    return [
        RobustnessRow(one.perturbation, _number(getattr(one, key)), _number(one.foreground_iou))
        for one in found.robustness
    ]


def robustness_headings(found: Measured) -> tuple[str, str]:
    """Return what the two scores of :func:`robustness_rows` are called."""
    first = "IoU of objects, mean over images" if len(found.phases) == 2 else "mean IoU over phases"
    return first, f"IoU of all but {found.phases[0]}, all images as one"


def robustness_caption(found: Measured) -> str:
    """Return what :func:`robustness_rows` is about."""
    return (
        f"The same {found.robustness[0].images} images, changed in a known way; each change by "
        "itself. It says nothing about other specimens."
    )


def initialization_caption(found: Sequence[Initialization]) -> str:
    """Return what :func:`initialization_rows` is about."""
    runs = sorted({(one.steps, one.batch, one.crop_px) for one in found})
    kinds = " or ".join(
        f"{steps} steps of {batch} crops of {side} px" for steps, batch, side in runs
    )
    return (
        f"Short runs, {kinds}; the best validation score of each. They compare starts; what is "
        "shipped was trained for longer."
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


def test_set_note(scores: Sequence[Score]) -> str:
    """Return whose split the scores stand on, "" for images that were made."""
    return " ".join(dict.fromkeys(TEST_SETS[one.test_set] for one in scores)).strip()


def confidence_calibration_text(
    card: ModelCard, found: ConfidenceCalibration, error: Estimate
) -> str:
    """Return how far the network's confidence is to be trusted, and what a temperature changes."""
    side = "surer than it is right" if found.overconfidence > 0 else "right more often than it says"
    text = (
        f"Expected calibration error {error.value:.3f} ({interval(error)}) over all pixels, in 15 "
        f"bins: on average the network is {side}, by {100 * abs(found.overconfidence):.1f} "
        "percentage points."
    )
    if math.isnan(found.temperature):
        return text
    text += (
        f" On images that it was not fitted to, a temperature takes the error from "
        f"{found.error_without:.3f} to {found.error_with:.3f}; fitted to all it is "
        f"{found.temperature:.2f}."
    )
    if card.temperature != 1:
        return text + (
            " The confidence and the uncertainty on the page Segment are shown at a temperature "
            f"of {card.temperature:.2f}; labels and exported probabilities stay."
        )
    return text + " It is not applied: the confidence shown is the network's own."


def speed_text(found: Measured) -> str:
    """Return how long a megapixel takes and where."""
    if found.machine.startswith("CPU") and not math.isnan(found.processor_seconds):
        return (
            f"{found.processor_seconds:.1f} s of processor time a megapixel, "
            f"{found.seconds:.1f} s by the clock ({found.machine})"
        )
    return f"{found.seconds:.2g} s a megapixel ({found.machine})"


def _with_seeds(metric: str, seeds: Sequence[float]) -> str:
    if len(seeds) < 2:
        return metric
    return (
        f"{metric} ({len(seeds)} seeds: mean {mean(seeds):.3f}, {min(seeds):.3f} to "
        f"{max(seeds):.3f})"
    )


def _three(one: Estimate) -> str:
    return _number(one.value)


def _number(value: float) -> str:
    return "not known" if math.isnan(value) else f"{value:.3f}"
