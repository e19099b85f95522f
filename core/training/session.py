"""One training run, from a data folder to the best weights, as terminal and pages start it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from core.errors import DataError, LamellaError
from core.records import write_table
from core.segmentation.engines.device import DeviceName, choose_device
from core.training.dataset import Split, load_split
from core.training.feature_distillation import distill_features
from core.training.loop import Objective, TrainedNetwork, TrainingSettings, train
from core.training.losses import object_distillation_loss
from core.training.object_learning import loss_of_objects, object_score, phases_of
from core.training.progress import CurvePoint, Progress
from core.training.recipe import Recipe, TrainingData
from core.types.model_card import ModelCard

CHECKPOINT, INITIAL, CURVES, PHASES = "checkpoint.pt", "initial.pt", "curves.csv", "phases"


@dataclass(frozen=True)
class TrainingOptions:
    """What a user decides about a run: ``folder`` keeps the checkpoint and the curves,
    ``max_seconds`` ends it early, with all its stages but the last validation, ``resume`` takes up
    the checkpoint in ``folder``."""

    folder: Path
    device: DeviceName = "auto"
    max_seconds: float = float("inf")
    resume: bool = False


def run_training(
    card: ModelCard,
    recipe: Recipe,
    data: Path | None,
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
) -> TrainedNetwork:
    """Train ``card``'s network by ``recipe`` on the folder ``data``, which is None for a recipe
    that makes its own images.

    ``report`` is called with the stage ("feature distillation", "phases" or "training") and its
    progress; it may raise ``core.errors.Cancelled``, after which the run can be resumed.

    Raises:
        DataError: the data folder has mistakes, all listed; or none is given and one is needed.
        LamellaError: there is a checkpoint in the folder and ``resume`` was not asked for, or it is
            of another recipe.
    """
    return train_in(card, recipe, lambda: training_data(card, recipe, data), options, report)


def train_in(
    card: ModelCard,
    recipe: Recipe,
    read: Callable[[], TrainingData],
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
    objective: Objective | None = None,
) -> TrainedNetwork:
    """Train ``card``'s network in the folder of ``options``, on what ``read`` gives.

    Raises:
        LamellaError: there is a checkpoint in the folder and ``resume`` was not asked for.
    """
    begun = time.monotonic()
    checkpoint = options.folder / CHECKPOINT
    build = _builder(card, options)
    device = choose_device(options.device)
    split = read()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = build().to(device)
    if not checkpoint.is_file():
        left = options.max_seconds - (time.monotonic() - begun)
        initialize(network, card, recipe, split, replace(options, max_seconds=left), report)

    def seen(progress: Progress) -> None:
        if progress.validated:
            write_curves(progress.curve, options.folder / CURVES)
        report("training", progress)

    settings = replace(
        TrainingSettings.of(card, recipe),
        checkpoint=checkpoint,
        device=device,
        resume=options.resume,
        max_seconds=options.max_seconds - (time.monotonic() - begun),
        objective=objective or (objects_of(card) if recipe.objects else None),
    )
    return train(network, split, settings, seen)


def objects_of(card: ModelCard) -> Objective:
    """Return what a network learns that has outputs about objects."""
    return Objective(loss_of_objects, partial(object_score, card), object_distillation_loss)


def _builder(card: ModelCard, options: TrainingOptions) -> Callable[[], nn.Module]:
    """Return what builds the network, if the run may begin."""
    if (options.folder / CHECKPOINT).is_file() and not options.resume:
        raise LamellaError(
            f"{options.folder} holds an earlier run of {card.name}; give --resume to go on with "
            "it, another --out to keep it, or delete the folder to start anew."
        )
    if card.build is None:
        raise LamellaError(
            f"{card.name} is a method without a network, so there is nothing to train; choose one "
            "of the networks that `lamella models` lists."
        )
    return card.build


def training_data(card: ModelCard, recipe: Recipe, data: Path | None) -> TrainingData:
    """Return the images of the folder, or those that the recipe makes.

    Raises:
        DataError: a folder that is missing, not wanted, or has mistakes.
    """
    if recipe.source is not None:
        if data is not None:
            raise DataError(
                f"{card.name} is trained on synthetic data generated on the fly; leave {data} out."
            )
        return recipe.source()
    if data is None:
        raise DataError(
            f"{card.name} is trained on micrographs; give their folder with --data, holding "
            "images/ and masks/."
        )
    return load_split(data, recipe, len(card.phases), card.pixel_size_nm)


def initialize(
    network: nn.Module,
    card: ModelCard,
    recipe: Recipe,
    split: TrainingData,
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
) -> None:
    """Initialize ``network`` in place as the recipe says; the result of a finished feature
    distillation is taken from the folder."""
    recipe.initialize(network)
    if recipe.objects is not None and recipe.objects.first is not None:
        phases_first(network, card, recipe.objects.first, split, options, report)
    if recipe.feature_distillation is None:
        return
    kept = options.folder / INITIAL
    if options.resume and kept.is_file():
        network.load_state_dict(torch.load(kept, map_location="cpu", weights_only=True))
        return
    device = next(network.parameters()).device
    distill_features(
        network,
        recipe.feature_distillation.teacher().to(device),
        split.train,
        recipe,
        recipe.feature_distillation,
        (card.mean, card.std),
        lambda progress: report("feature distillation", progress),
    )
    torch.save(network.state_dict(), kept)


def phases_first(
    network: nn.Module,
    card: ModelCard,
    recipe: Recipe,
    split: TrainingData,
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
) -> None:
    """Train ``network`` in place to tell the phases apart, by a recipe of its own and in a folder
    of its own; its outputs about objects are left as they are."""
    without_ids = Split(*(phases_of(pairs) for pairs in (split.train, split.validation)))
    result = train_in(
        card,
        recipe,
        lambda: without_ids,
        replace(options, folder=options.folder / PHASES),
        lambda _, progress: report("phases", progress),
    )
    network.load_state_dict(result.state)


def write_curves(curve: Sequence[CurvePoint], path: Path) -> None:
    """Write mean loss and validation score by step as CSV, whole or not at all."""
    rows = ((one.step, f"{one.loss:.6g}", f"{one.score:.6g}") for one in curve)
    write_table(path, ("step", "loss", "validation_score"), rows)
