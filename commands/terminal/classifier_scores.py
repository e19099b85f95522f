"""Scores of a classifier on images whose class is known."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING

from commands.terminal.batch import progress_line

if TYPE_CHECKING:
    from core.classification.card import ClassifierCard
    from core.classification.evaluation import ClassifierEvaluation


def evaluate(options: argparse.Namespace, card: ClassifierCard) -> int:
    """Print the scores of a classifier on a folder of folders, one per class."""
    from core.classification.data import made_for_validation, split_micrographs
    from core.classification.evaluation import evaluate_classifier, read_labelled_images
    from models import classifiers

    if options.validation:
        recipe = classifiers.recipe(card.name)
        images = (*split_micrographs(options.images, recipe)[1], *made_for_validation())
    else:
        images = read_labelled_images(options.images)
    network = classifiers.load(card.name, options.weights)
    result = evaluate_classifier(network, card, images, progress_line("evaluate: image"))
    scores = entries(result)
    print(json.dumps(scores, indent=1) if options.json else text(scores))
    return 0


def entries(result: ClassifierEvaluation) -> dict:
    """Return the scores as JSON values; null where there is no image of a class."""
    classes = [phase.name for phase in result.card.phases]
    found = result.balanced_accuracy
    return {
        "model": result.card.name,
        "images": len(result.images),
        "specimens": result.specimens,
        "threshold": result.card.threshold,
        "balanced_accuracy": known(found.value),
        "balanced_accuracy_interval_95": [known(found.low), known(found.high)],
        "recall": dict(zip(classes, map(known, result.recall.tolist()), strict=True)),
        "classes": classes,
        "confusion": result.confusion.tolist(),
        "by_image": [
            {
                "name": one.name,
                "specimen": one.specimen,
                "class": classes[one.image_class],
                "prediction": one.answer.image_class.name,
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
    classes = scores["classes"]
    lines = [
        f"{scores['model']} on {scores['images']} images of {scores['specimens']} specimens",
        f"balanced accuracy  {digits(scores['balanced_accuracy'])}"
        f"  (95 % interval over specimens {low} to {high})",
        f"{'predicted':20}" + "".join(f"{name[:12]:>13}" for name in classes) + f"{'recall':>13}",
    ]
    for name, row in zip(classes, scores["confusion"], strict=True):
        counts = "".join(f"{count:>13}" for count in row)
        lines.append(f"{name:20}{counts}{digits(scores['recall'][name]):>13}")
    wrong = [one for one in scores["by_image"] if one["prediction"] != one["class"]]
    lines += [f"  {one['name']}: {one['class']}, predicted {one['prediction']}" for one in wrong]
    return "\n".join(lines)
