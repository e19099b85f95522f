"""Compare a model's segmentations with masks: IoU, Dice, boundaries, objects."""

from __future__ import annotations

import argparse
import json
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal import kinds
from commands.terminal.batch import progress_line, write_whole
from commands.terminal.options import UsageError, add_device, known_card, result_folder

if TYPE_CHECKING:
    from core.training.evaluation import Evaluation, MaskKind
    from core.types import ModelCard

HELP = "score a model on images and masks"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the two folders and the form of the answer."""
    parser.add_argument("name", metavar="NAME", help="one of `lamella models`")
    parser.add_argument("--images", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--masks",
        type=Path,
        metavar="DIR",
        help="needed but for a classifier, whose images lie in a folder for each kind",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="these weights instead of the shipped ones: NAME.safetensors of `lamella train`",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    parser.add_argument(
        "--validation",
        action="store_true",
        help="only the images that the recipe kept out of training (needs the training folder)",
    )
    parser.add_argument(
        "--only", metavar="PATTERN", help="only images whose name without its ending fits: '*_2'"
    )
    parser.add_argument(
        "--by", metavar="COLUMN", help="also by the values of this column of index.csv"
    )
    parser.add_argument(
        "--save",
        type=Path,
        metavar="DIR",
        help="write NAME.json, which cards read, and NAME.images.csv, one row an image, to DIR",
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Print the scores, and write them where asked."""
    from models import classifiers

    if options.name in classifiers.CARDS:
        if options.weights:
            raise UsageError(f"--weights: {options.name} is scored with its shipped weights only.")
        return kinds.evaluate(options, classifiers.card(options.name))
    card = known_card(options.name)
    if options.masks is None:
        raise UsageError(f"--masks is missing; {card.name} is scored against masks.")
    if options.weights and card.build is None:
        raise UsageError(f"--weights: {card.name} is no network and has no weights.")
    if options.save:
        result_folder(options.save, "--save")

    from core.training.dataset import load_split, read_index
    from core.training.evaluation import evaluate
    from core.training.report import entries, images_csv
    from models import zoo

    stems = None
    if options.validation:
        split = load_split(options.images.parent, zoo.recipe(card.name), len(card.phases))
        stems = frozenset(pair.stem for pair in split.validation)
    if options.only:
        stems = named_like(options.only, options.images, stems)
    result = evaluate(
        zoo.load(card.name, options.device, options.weights),
        options.images,
        options.masks,
        kind_of_masks(card),
        stems,
        progress_line("evaluate: image"),
    )
    scores = entries(result)
    if options.by:
        groups = by_column(result, read_index(options.images.parent), options.by)
        scores[f"foreground_iou_by_{options.by}"] = groups
    if options.save:
        kept = {key: value for key, value in scores.items() if key != "by_image"}
        write_whole(options.save / f"{card.name}.json", as_json(kept).encode())
        write_whole(options.save / f"{card.name}.images.csv", images_csv(result))
    print(json.dumps(scores, indent=1) if options.json else text(scores))
    return 0


def named_like(pattern: str, images: Path, among: frozenset[str] | None) -> frozenset[str]:
    """Return the stems of ``images`` that fit a pattern of the shell, of those in ``among``.

    Raises:
        UsageError: none does.
    """
    stems = {path.stem for path in images.iterdir()} if images.is_dir() else set()
    found = frozenset(
        stem for stem in stems if fnmatch(stem, pattern) and (among is None or stem in among)
    )
    if not found:
        raise UsageError(f"--only {pattern}: no image of {images} has a name like that.")
    return found


def as_json(scores: dict[str, object]) -> str:
    """Return JSON with one line a score, so that two files compare line by line."""
    lines = []
    for key, value in scores.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def kind_of_masks(card: ModelCard) -> MaskKind:
    """Return what the values of masks mean to a model: a classic method of two phases only tells
    objects from the rest."""
    from models import zoo

    if card.build is not None:
        return zoo.recipe(card.name).masks
    return "instances" if len(card.phases) == 2 else "classes"


def by_column(
    result: Evaluation, index: dict[str, dict[str, str]], column: str
) -> dict[str, dict[str, object]]:
    """Return the number of images and their mean foreground IoU, with its interval, for each value
    of a column; images without foreground are left out.

    Raises:
        UsageError: there is no index.csv with that column.
    """
    from core.measurement.bootstrap import mean_over_images
    from core.training.report import known

    groups: dict[str, list[float]] = {}
    for image in result.images:
        value = index.get(image.stem, {}).get(column)
        if value is None:
            raise UsageError(
                f"--by {column}: index.csv beside the images has no such column for {image.stem}."
            )
        if image.foreground_iou == image.foreground_iou:
            groups.setdefault(value, []).append(image.foreground_iou)
    found = {value: (len(ious), mean_over_images(ious)) for value, ious in sorted(groups.items())}
    return {
        value: {
            "images": count,
            "foreground_iou_per_image": known(one.value),
            "foreground_iou_interval_95": [known(one.low), known(one.high)],
        }
        for value, (count, one) in found.items()
    }


def text(scores: dict) -> str:
    """Return the scores for a person."""
    lines = [f"{scores['model']} on {scores['images']} images; 95 % bootstrap interval over images"]
    lines += [
        f"  {key.replace('_', ' '):52}{digits(value):>10}  {digits(low)} to {digits(high)}"
        for key, (value, low, high) in scores["headlines"].items()
    ]
    calibration = scores["calibration"] or {}
    if "temperature" in calibration:
        lines.append(
            f"  temperature {digits(calibration['temperature'])}, expected calibration error "
            f"{digits(calibration['expected_calibration_error_of_sample'])} without it and "
            f"{digits(calibration['expected_calibration_error_at_temperature'])} with it, on "
            "images that it was not fitted to"
        )
    for name, groups in scores.items():
        if name.startswith("foreground_iou_by_"):
            lines += [
                f"  {value} ({group['images']} images): {group['foreground_iou_per_image']:.4f}"
                for value, group in groups.items()
            ]
    speed = scores["speed"]
    lines.append(
        f"  {digits(speed['seconds_per_megapixel'])} s a megapixel, of the processor "
        f"{digits(speed['processor_seconds_per_megapixel'])} s; {speed['machine']}"
    )
    return "\n".join(lines)


def digits(value: float | None) -> str:
    """Return a score to four digits, or that it cannot be told (no such phase in any image)."""
    return "not known" if value is None else f"{value:.4f}"
