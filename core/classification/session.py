"""Training of a classifier, with the training loop of every network of the zoo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.classification.card import ClassifierCard
from core.classification.classify import class_probabilities
from core.classification.crops import LabelledImage
from core.classification.data import ClassificationData, classification_data
from core.errors import DataError
from core.training.loop import Objective, Progress, TrainedNetwork
from core.training.recipe import Recipe
from core.training.session import TrainingOptions, train_in

LABEL_SMOOTHING = 0.05
EARLIER = "earlier"


def run_classifier_training(
    card: ClassifierCard,
    recipe: Recipe,
    data: Path | None,
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
    earlier: Recipe | None = None,
) -> TrainedNetwork:
    """Train ``card``'s network by ``recipe`` on the folder ``data``; as ``run_training`` otherwise.

    ``earlier``: a stage before, in a folder of its own, from whose result ``recipe`` goes on; with
    the seed of ``recipe``.

    Raises:
        DataError: no folder, or one with mistakes.
        LamellaError: there is a checkpoint in the folder and ``resume`` was not asked for.
    """
    if data is None:
        raise DataError(
            f"{card.name} is trained on micrographs of several classes; give with --data the "
            "folder that holds particles/, carbon_steel/, superalloy/ and coating/."
        )

    @cache
    def read() -> ClassificationData:
        return classification_data(data, recipe)

    def score(network: nn.Module, held_back: ClassificationData) -> float:
        return mean_probability(network, held_back.validation, card)

    objective = Objective(classification_loss, score)
    if earlier is not None:
        stage = replace(options, folder=options.folder / EARLIER)
        before = replace(earlier, seed=recipe.seed)
        first = train_in(card, before, read, stage, report, objective)
        recipe = replace(recipe, initialize=partial(_go_on_from, first))
        options = replace(options, max_seconds=options.max_seconds - first.seconds)
    return train_in(card, recipe, read, options, report, objective)


def _go_on_from(first: TrainedNetwork, network: nn.Module) -> str:
    network.load_state_dict(first.state)
    return "an earlier stage"


def classification_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the cross-entropy of logits (N, K) against classes (N,), labels smoothed by 0.05.

    Source: Szegedy et al. 2016, arXiv:1512.00567, section 7.
    """
    return nn.functional.cross_entropy(logits, classes, label_smoothing=LABEL_SMOOTHING)


@torch.inference_mode()
def mean_probability(
    network: nn.Module, images: Iterable[LabelledImage], card: ClassifierCard
) -> float:
    """Return the mean probability of the true class: over the images of a class, then over classes.

    It tells networks apart that classify all images right. ``network``: in eval mode.
    """
    found: dict[int, list[float]] = {}
    for image in images:
        grey = image.grey.astype(np.float32) / 255
        given = class_probabilities(grey, network, card.mean, card.std, card.crop_px)
        found.setdefault(image.image_class, []).append(float(given[image.image_class]))
    return float(np.mean([np.mean(values) for values in found.values()]))
