"""Scoring a classifier: which kind it names, of images whose kind is known."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING

from commands.terminal.batch import progress_line

if TYPE_CHECKING:
    from core.classification.card import ClassifierCard
    from core.classification.evaluation import KindEvaluation


def evaluate(options: argparse.Namespace, card: ClassifierCard) -> int:
    """Print the scores of a classifier on a folder of folders, one a kind."""
    from core.classification.data import made_for_validation, split_micrographs
    from core.classification.evaluation import evaluate_kinds, read_kinds
    from models import classifiers

    if options.validation:
        recipe = classifiers.recipe(card.name)
        images = (*split_micrographs(options.images, recipe)[1], *made_for_validation())
    else:
        images = read_kinds(options.images)
    network = classifiers.load(card.name, options.weights)
    result = evaluate_kinds(network, card, images, progress_line("evaluate: image"))
    scores = entries(result)
    print(json.dumps(scores, indent=1) if options.json else text(scores))
    return 0


def entries(result: KindEvaluation) -> dict:
    """Return the scores as JSON values; null where there is no image of a kind."""
    kinds = [phase.name for phase in result.card.phases]
    found = result.balanced_accuracy
    return {
        "model": result.card.name,
        "images": len(result.images),
        "specimens": result.specimens,
        "threshold": result.card.threshold,
        "balanced_accuracy": known(found.value),
        "balanced_accuracy_interval_95": [known(found.low), known(found.high)],
        "recall": dict(zip(kinds, map(known, result.recall.tolist()), strict=True)),
        "kinds": kinds,
        "confusion": result.confusion.tolist(),
        "by_image": [
            {
                "name": one.name,
                "specimen": one.specimen,
                "kind": kinds[one.kind],
                "answer": one.answer.kind.name,
                "probabilities": [known(float(p)) for p in one.answer.probabilities],
            }
            for one in result.images
        ],
    }


def known(value: float) -> float | None:
    """Return ``value`` to six digits, None for nan."""
    return None if math.isnan(value) else round(value, 6)


def text(scores: dict) -> str:
    """Return the scores for a person, with the confusion matrix and every wrong answer."""

    def digits(value: float | None) -> str:
        return "not known" if value is None else f"{value:.4f}"

    low, high = map(digits, scores["balanced_accuracy_interval_95"])
    kinds = scores["kinds"]
    lines = [
        f"{scores['model']} on {scores['images']} images of {scores['specimens']} specimens",
        f"balanced accuracy  {digits(scores['balanced_accuracy'])}"
        f"  (95 % interval over specimens {low} to {high})",
        f"{'named as':20}" + "".join(f"{name[:12]:>13}" for name in kinds) + f"{'right':>13}",
    ]
    for name, row in zip(kinds, scores["confusion"], strict=True):
        counts = "".join(f"{count:>13}" for count in row)
        lines.append(f"{name:20}{counts}{digits(scores['recall'][name]):>13}")
    wrong = [one for one in scores["by_image"] if one["answer"] != one["kind"]]
    lines += [f"  {one['name']}: {one['kind']}, named {one['answer']}" for one in wrong]
    return "\n".join(lines)
