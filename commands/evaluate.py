"""Compare a model's segmentations with masks: IoU, Dice, boundaries, objects."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import progress_line
from commands.terminal.options import UsageError, add_device, known_card

if TYPE_CHECKING:
    from core.measurement.boundary_agreement import GrainAgreement
    from core.training.evaluation import Evaluation, MaskKind
    from core.types import ModelCard

GRAIN_SCORES = (
    "boundary_dice_within_3px",
    "network_f1_within_3px",
    "mean_intercept_absolute_error",
)
HELP = "score a model on images and masks"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the two folders and the form of the answer."""
    parser.add_argument("name", metavar="NAME", help="one of `lamella models`")
    parser.add_argument("--images", required=True, type=Path, metavar="DIR")
    parser.add_argument("--masks", required=True, type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    parser.add_argument(
        "--validation",
        action="store_true",
        help="only the images that the recipe kept out of training (needs the training folder)",
    )
    parser.add_argument(
        "--by", metavar="COLUMN", help="also by the values of this column of index.csv"
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Print the scores."""
    card = known_card(options.name)

    from core.training.dataset import load_split, read_index
    from core.training.evaluation import evaluate
    from models import zoo

    stems = None
    if options.validation:
        split = load_split(options.images.parent, zoo.recipe(card.name), len(card.phases))
        stems = frozenset(pair.stem for pair in split.validation)
    result = evaluate(
        zoo.load(card.name, options.device),
        options.images,
        options.masks,
        kind_of_masks(card),
        stems,
        progress_line("evaluate: image"),
    )
    scores = entries(result, [phase.name for phase in card.phases])
    if options.by:
        index = read_index(options.images.parent)
        scores[f"foreground_iou_by_{options.by}"] = by_column(result, index, options.by)
    print(json.dumps(scores, indent=1) if options.json else text(scores))
    return 0


def kind_of_masks(card: ModelCard) -> MaskKind:
    """Return what the values of masks mean to a model: a classic method of two phases only tells
    objects from the rest."""
    from models import zoo

    if card.build is not None:
        return zoo.recipe(card.name).masks
    return "instances" if len(card.phases) == 2 else "classes"


def entries(result: Evaluation, phases: list[str]) -> dict[str, object]:
    """Return the scores as JSON values; null where a number cannot be told."""

    def by_phase(values: tuple[float, ...]) -> dict[str, float | None]:
        return dict(zip(phases, map(known, values), strict=True))

    return {
        "model": result.model,
        "images": len(result.images),
        "foreground_iou_per_image": known(result.foreground_iou),
        "foreground_iou_interval_95": [known(value) for value in result.interval],
        "mean_iou": known(result.mean_iou),
        "pixel_accuracy": known(result.pixel_accuracy),
        "iou": by_phase(result.iou),
        "dice": by_phase(result.dice),
        "confusion": result.confusion.tolist(),
        "by_image": [
            {
                "stem": image.stem,
                "iou": by_phase(image.iou),
                "boundary_f1_2px": known(image.boundary_f1),
                "objects_f1_iou50": known(image.objects_f1),
                "objects": image.objects,
                "objects_in_mask": image.objects_in_mask,
            }
            | ({} if image.grains is None else grain_entries([image.grains]))
            for image in result.images
        ],
    } | grain_entries([image.grains for image in result.images if image.grains is not None])


def grain_entries(found: list[GrainAgreement]) -> dict[str, float | None]:
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


def by_column(
    result: Evaluation, index: dict[str, dict[str, str]], column: str
) -> dict[str, dict[str, float | None]]:
    """Return the number of images and their mean foreground IoU for each value of a column.

    Raises:
        UsageError: there is no index.csv with that column.
    """
    groups: dict[str, list[float]] = {}
    for image in result.images:
        value = index.get(image.stem, {}).get(column)
        if value is None:
            raise UsageError(
                f"--by {column}: index.csv beside the images has no such column for {image.stem}."
            )
        known_values = [iou for iou in image.iou[1:] if not math.isnan(iou)]
        if known_values:
            groups.setdefault(value, []).append(sum(known_values) / len(known_values))
    return {
        value: {"images": len(found), "foreground_iou_per_image": known(sum(found) / len(found))}
        for value, found in sorted(groups.items())
    }


def known(value: float) -> float | None:
    """Return ``value`` to six digits, None for nan."""
    return None if math.isnan(value) else round(float(value), 6)


def text(scores: dict) -> str:
    """Return the scores for a person."""
    low, high = map(digits, scores["foreground_iou_interval_95"])
    lines = [
        f"{scores['model']} on {scores['images']} images",
        f"foreground IoU, mean over images  {digits(scores['foreground_iou_per_image'])}"
        f"  (95 % interval {low} to {high})",
        f"mean IoU over classes             {digits(scores['mean_iou'])}",
        f"pixel accuracy                    {digits(scores['pixel_accuracy'])}",
    ]
    lines += [f"  {phase}: IoU {digits(value)}" for phase, value in scores["iou"].items()]
    lines += [f"{name:34}{digits(scores[name])}" for name in GRAIN_SCORES if name in scores]
    for name, groups in scores.items():
        if name.startswith("foreground_iou_by_"):
            lines += [
                f"  {value} ({group['images']} images): {group['foreground_iou_per_image']:.4f}"
                for value, group in groups.items()
            ]
    return "\n".join(lines)


def digits(value: float | None) -> str:
    """Return a score to four digits, or that it cannot be told (no such phase in any image)."""
    return "not known" if value is None else f"{value:.4f}"
