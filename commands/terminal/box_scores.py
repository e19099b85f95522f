"""Scores of a model's objects beside boxes that people drew around particles."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from commands.terminal.batch import progress_line, write_whole
from commands.terminal.lab import scored_engine
from commands.terminal.options import UsageError, result_folder
from core.errors import DataError

if TYPE_CHECKING:
    from core.evaluation.box_agreement import BoxScores
    from core.types.model_card import ModelCard

COLUMNS = ("images", "boxes", "objects", "F1@0.3", "pooled", "F1@0.5", "pooled", "count off")


def evaluate(options: argparse.Namespace, card: ModelCard, stems: frozenset[str] | None) -> int:
    """Print the scores by series and of all images, and write them where asked.

    ``stems``: of the images that count; None = all.
    """
    if options.masks is not None:
        raise UsageError("--masks and --boxes are both given; leave one of them out.")
    if options.by or options.cluster or options.validation:
        raise UsageError("--by, --cluster and --validation are for masks; leave them out.")
    if options.weights and card.build is None:
        raise UsageError(f"--weights: {card.name} is not a network and has no weights.")
    if options.save:
        result_folder(options.save, "--save")

    from core.evaluation.box_agreement import entries, evaluate_boxes

    engine = scored_engine(card, options)
    try:
        scores = evaluate_boxes(
            engine, options.images, options.boxes, stems, progress_line("evaluate: image")
        )
    except DataError as error:
        raise UsageError(f"--boxes: {error}") from error
    found = entries(scores, engine.card)
    if options.save:
        path = options.save / f"{card.name}.boxes.json"
        write_whole(path, (json.dumps(found, indent=1) + "\n").encode())
    print(json.dumps(found, indent=1) if options.json else text(scores, card.name))
    return 0


def text(scores: BoxScores, name: str) -> str:
    """Return the scores for a person."""
    from core.evaluation.box_agreement import rows

    lines = [
        f"{name} beside boxes; F1 of objects' boxes at IoU 0.3 and 0.5, mean over images and "
        "pooled; count off: median over images",
        " " * 16 + "".join(f"{column:>11}" for column in COLUMNS),
    ]
    return "\n".join([*lines, *(row(series, one) for series, one in rows(scores))])


def row(name: str, scores: BoxScores) -> str:
    """Return one line of the table."""
    counts = (
        len(scores.images),
        sum(one.boxes for one in scores.images),
        sum(one.objects for one in scores.images),
    )
    f1 = [value for index in (0, 1) for value in (scores.f1_macro(index), scores.f1_micro(index))]
    numbers = "".join(f"{count:11}" for count in counts) + "".join(f"{one:11.3f}" for one in f1)
    return f"{name:16}{numbers}{100 * scores.count_error_median:9.1f} %"
