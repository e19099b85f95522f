"""Compare a model's segmentations with masks: IoU, Dice, boundaries, objects; or with boxes."""

from __future__ import annotations

import argparse
import json
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal import box_scores, classifier_scores, click_scores
from commands.terminal.batch import progress_line, write_whole
from commands.terminal.lab import add_lab, known_model, note_measured, scored_engine
from commands.terminal.options import (
    UsageError,
    add_careful,
    add_device,
    add_precision,
    engine_card,
    result_folder,
)
from core.errors import DataError

if TYPE_CHECKING:
    from core.evaluation.evaluation import MaskKind
    from core.types.model_card import ModelCard

HELP = "score a model on images and masks"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the two folders and the form of the answer."""
    parser.add_argument("name", metavar="NAME", help="one of `lamella models`")
    parser.add_argument("--images", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--masks",
        type=Path,
        metavar="DIR",
        help="needed except for a classifier, whose images lie in one folder per class",
    )
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="DIR",
        help="instead of masks: boxes around particles, STEM.txt for each image, as YOLO writes "
        "them",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="these weights instead of the shipped ones: NAME.safetensors of `lamella train`",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    _add_scoring(parser)
    add_device(parser)
    add_precision(parser)
    add_careful(parser)
    add_lab(parser)
    _add_clicks(parser)


def _add_scoring(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--validation",
        action="store_true",
        help="only the validation images of the recipe (needs the training folder)",
    )
    parser.add_argument(
        "--only", metavar="PATTERN", help="only images whose name without its ending fits: '*_2'"
    )
    parser.add_argument(
        "--by", metavar="COLUMN", help="also by the values of this column of index.csv"
    )
    parser.add_argument(
        "--cluster",
        metavar="COLUMN",
        help="intervals over the values of this column of index.csv in place of images, such as "
        "the micrograph that each tile was cut from",
    )
    parser.add_argument(
        "--save",
        type=Path,
        metavar="DIR",
        help="write NAME.json, which cards read, and NAME.images.csv, one row per image, to DIR; "
        "with --careful NAME.careful.json",
    )


def _add_clicks(parser: argparse.ArgumentParser) -> None:
    clicks = parser.add_argument_group("of click, which is scored by simulated clicks")
    clicks.add_argument(
        "--objects", type=int, default=2, metavar="N", help="at most so many of an image (2)"
    )
    clicks.add_argument(
        "--jittered", action="store_true", help="clicks as people make them, not at the middle"
    )
    clicks.add_argument(
        "--network-only",
        action="store_true",
        help="without the methods that need no network, which take most of the time",
    )
    clicks.add_argument(
        "--regions",
        action="store_true",
        help="the masks hold phases: each connected region of one above 0 is an object",
    )


def run(options: argparse.Namespace) -> int:
    """Print the scores, and write them where asked."""
    from models import classifiers, interactive

    if options.name in interactive.CARDS:
        return click_scores.evaluate(options, interactive.CARDS[options.name])
    if options.name in classifiers.CARDS:
        return classifier_scores.evaluate(options, classifiers.card(options.name))
    card = engine_card(known_model(options.name, options), options.careful)
    if options.boxes is not None:
        stems = named_like(options.only, options.images, None) if options.only else None
        return box_scores.evaluate(options, card, stems)
    _check(options, card)

    from core.evaluation.evaluation import evaluate
    from core.evaluation.report import entries, foreground_iou_by, images_csv
    from core.training.dataset import read_index

    stems = _stems(options, card)
    result = evaluate(
        scored_engine(card, options),
        options.images,
        options.masks,
        kind_of_masks(card),
        stems,
        progress_line("evaluate: image"),
        clusters(options),
    )
    scores = entries(result)
    if options.cluster:
        scores["cluster"] = options.cluster
    if options.by:
        index = read_index(options.images.parent)
        try:
            groups = foreground_iou_by(result, index, options.by)
        except DataError as error:
            raise UsageError(f"--by {error}") from error
        scores[f"foreground_iou_by_{options.by}"] = groups
    if options.save:
        kept = {key: value for key, value in scores.items() if key != "by_image"}
        name = f"{card.name}.careful" if card.is_careful else card.name
        write_whole(options.save / f"{name}.json", as_json(kept).encode())
        write_whole(options.save / f"{name}.images.csv", images_csv(result))
    note_measured(card, options, result)
    print(json.dumps(scores, indent=1) if options.json else text(scores))
    return 0


def _check(options: argparse.Namespace, card: ModelCard) -> None:
    if options.masks is None:
        raise UsageError(f"--masks is missing; {card.name} is scored against masks.")
    if options.weights and card.build is None:
        raise UsageError(f"--weights: {card.name} is not a network and has no weights.")
    if options.validation and card.origin != "zoo":
        raise UsageError(f"--validation is for models of the zoo; {card.name} is one of your lab.")
    if options.save:
        result_folder(options.save, "--save")


def _stems(options: argparse.Namespace, card: ModelCard) -> frozenset[str] | None:
    """Return the stems of the images that are scored; None for all."""
    from core.training.dataset import load_split
    from models import zoo

    stems = None
    if options.validation:
        split = load_split(options.images.parent, zoo.recipe(card.name), len(card.phases))
        stems = frozenset(pair.stem for pair in split.validation)
    return named_like(options.only, options.images, stems) if options.only else stems


def clusters(options: argparse.Namespace) -> dict[str, str] | None:
    """Return the value of the column of --cluster by stem; None without that option.

    Raises:
        UsageError: index.csv has no such column.
    """
    if options.cluster is None:
        return None
    from core.training.dataset import read_index

    index = read_index(options.images.parent)
    if not index or any(options.cluster not in row for row in index.values()):
        raise UsageError(
            f"--cluster {options.cluster}: index.csv beside the images has no such column."
        )
    return {stem: row[options.cluster] for stem, row in index.items()}


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
    """Return what the values of masks mean to a model: ids of objects where it tells objects from
    the rest and nothing else apart, else phases."""
    from models import zoo

    if card.build is not None and card.origin == "zoo":
        return zoo.recipe(card.name).masks
    counts = len(card.phases) == 2 and card.objects_phase is not None
    return "instances" if counts else "classes"


def text(scores: dict) -> str:
    """Return the scores for a person."""
    singles = scores.get("single_images")
    over = scores.get("cluster", "image").replace("_", " ")
    spread = (
        "values of single images" if singles else f"95 % bootstrap interval, resampled by {over}"
    )
    lines = [f"{scores['model']} on {scores['images']} images; {spread}"]
    for key, (value, low, high) in scores["headlines"].items():
        beside = "" if low is None else f"{digits(low)} to {digits(high)}"
        if singles and key in singles:
            beside = ", ".join(map(digits, singles[key]))
        lines.append(f"  {key.replace('_', ' '):52}{digits(value):>10}  {beside}".rstrip())
    calibration = scores["confidence_calibration"] or {}
    if "temperature" in calibration:
        lines.append(
            f"  temperature {digits(calibration['temperature'])}, expected calibration error "
            f"{digits(calibration['expected_calibration_error_of_sample'])} without and "
            f"{digits(calibration['expected_calibration_error_at_temperature'])} with temperature "
            "scaling, cross-validated over images"
        )
    if objects := scores["object_confidence"]:
        lines.append(
            f"  {objects['doubtful']} objects under a confidence of "
            f"{objects['minimum_confidence']:g} left out, of which "
            f"{digits(objects['doubtful_under_iou75'])} were wrong or doubtful (IoU under 0.75)"
        )
    for name, groups in scores.items():
        if name.startswith("foreground_iou_by_"):
            lines += [
                f"  {value} ({group['images']} images): {group['foreground_iou_macro']:.4f}"
                for value, group in groups.items()
            ]
    speed = scores["speed"]
    lines.append(
        f"  {digits(speed['seconds_per_megapixel'])} s per megapixel, processor time "
        f"{digits(speed['processor_seconds_per_megapixel'])} s; {speed['machine']}"
    )
    return "\n".join(lines)


def digits(value: float | None) -> str:
    """Return a score to four digits; "not known" where no image has such a phase."""
    return "not known" if value is None else f"{value:.4f}"
