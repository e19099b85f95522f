"""The training loop: resumable after a kill at any step, the same again for the same recipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.errors import Cancelled
from core.training.averaging import averaged
from core.training.losses import cross_entropy_and_dice, distillation_loss
from core.training.prefetch import made_ahead, threads_for
from core.training.progress import Progress
from core.training.recipe import Recipe, TrainingData
from core.training.run_state import RunState
from core.training.schedule import advance, one_cycle, steps_in_time
from core.training.validation import validation_score
from core.types.model_card import ModelCard

CHECKPOINT_EVERY = 50


@dataclass(frozen=True)
class Objective:
    """What a network learns, where that is not to segment.

    ``loss``: of logits and what ``crops`` gave as labels. ``score``: of a network in eval mode on
    the data's validation images; larger is better. ``distillation``: the loss of logits against a
    teacher's, where the recipe has one.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    score: Callable[[nn.Module, Any], float]
    distillation: Callable[[Tensor, Tensor], Tensor] = distillation_loss


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    ``mean``, ``std``: of the grey levels in [0, 1], that it is normalized with. ``classes``: of the
    labels. ``tta_scales``: of the validation images, the mean over which is scored.
    ``checkpoint``: the file that a stopped run is kept in, None to keep nothing; ``resume`` takes
    it up where there is one. ``max_seconds``: of training, all sessions together; with
    ``ends_in_time`` the learning rate has fallen to its end by then, and by ``clock`` it is told.
    ``objective``: None to segment. ``encoder_learning_rate``: of the parameters whose names begin
    with "encoder."; None for the recipe's. ``frozen_statistics``: batch norms keep their mean and
    variance.
    """

    recipe: Recipe
    mean: float
    std: float
    classes: int
    tta_scales: tuple[float, ...] = (1.0,)
    checkpoint: Path | None = None
    device: torch.device = torch.device("cpu")
    resume: bool = False
    max_seconds: float = float("inf")
    objective: Objective | None = None
    encoder_learning_rate: float | None = None
    frozen_statistics: bool = False
    ends_in_time: bool = False
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, card: ModelCard, recipe: Recipe) -> TrainingSettings:
        """Return how the network of ``card`` is trained by ``recipe``, on the processor."""
        scales = recipe.validation_tta_scales or card.tta_scales
        return cls(recipe, card.mean, card.std, len(card.phases), scales)


@dataclass(frozen=True)
class TrainedNetwork:
    """The best averaged weights, the validation score they had, and how it went."""

    state: dict[str, Tensor]
    score: float
    step: int
    seconds: float
    scores: tuple[tuple[int, float], ...]


def train(
    network: nn.Module,
    data: TrainingData,
    settings: TrainingSettings,
    report: Callable[[Progress], None] = lambda progress: None,
) -> TrainedNetwork:
    """Train ``network`` in place and return the weights that validated best.

    The learning rate follows one cycle over the recipe's steps. Stops early after the recipe's
    ``patience`` validations without a better score. The checkpoint is written every 50 steps,
    after each validation, and when ``report`` raises ``core.errors.Cancelled``.

    Raises:
        LamellaError: the checkpoint is of another recipe.
    """
    recipe, device = settings.recipe, settings.device
    torch.manual_seed(recipe.seed)
    run = _start(network.to(device), settings)
    teacher = recipe.distillation.teacher().to(device) if recipe.distillation else None
    before, begun = run.seconds, settings.clock()
    # Every batch depends on the seed and its step alone, so a resumed run sees the same ones.
    make = partial(_batch, data, recipe)
    for images, labels in made_ahead(make, run.step, recipe.steps, threads_for(device)):
        loss = _step(run, images.to(device), labels.to(device), settings, teacher)
        run.step += 1
        run.since_validation.append(loss)
        run.seconds = before + settings.clock() - begun
        over = run.step == recipe.steps or run.seconds >= settings.max_seconds
        if over or run.step % recipe.validate_every == 0:
            _validate(run, _score(run, data, settings))
            run.seconds = before + settings.clock() - begun
            run.save(settings.checkpoint)
        elif run.step % CHECKPOINT_EVERY == 0:
            run.save(settings.checkpoint)
        try:
            report(_progress(run, settings, loss))
        except Cancelled:
            run.save(settings.checkpoint)
            raise
        if over or run.step - run.best_step > recipe.patience * recipe.validate_every:
            break
    return _result(run)


def _start(network: nn.Module, settings: TrainingSettings) -> RunState:
    recipe = settings.recipe
    network = network.to(memory_format=torch.channels_last).train()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(recipe.frozen or ("\0",)))
    groups = _parameter_groups(network, settings)
    optimizer = torch.optim.AdamW(groups, recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = one_cycle(optimizer, recipe.steps)
    average = averaged(network, recipe.averaging)
    run = RunState(network, average, recipe.in_words(), optimizer, schedule)
    if settings.resume and settings.checkpoint is not None and settings.checkpoint.is_file():
        run.load(settings.checkpoint)
    return run


def _parameter_groups(network: nn.Module, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Return what is trained, the encoder by itself where it has a learning rate of its own."""
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    if settings.encoder_learning_rate is None:
        return [{"params": [p for _, p in named]}]
    encoder = [p for name, p in named if name.startswith("encoder.")]
    others = [p for name, p in named if not name.startswith("encoder.")]
    groups = [
        {"params": others, "lr": settings.recipe.learning_rate},
        {"params": encoder, "lr": settings.encoder_learning_rate},
    ]
    return [group for group in groups if group["params"]]


def _progress(run: RunState, settings: TrainingSettings, loss: float) -> Progress:
    """Where a run stands, after a step with this ``loss``."""
    score = run.scores[-1][1] if run.scores else None
    steps = settings.recipe.steps
    if settings.ends_in_time:
        steps = steps_in_time(run.step, steps, run.seconds, settings.max_seconds)
    return Progress(run.step, steps, loss, run.seconds, score, run.best, run.curve)


def _result(run: RunState) -> TrainedNetwork:
    """Return the best weights so far."""
    return TrainedNetwork(
        run.best_state, run.best or 0.0, run.best_step, run.seconds, tuple(run.scores)
    )


def _step(
    run: RunState,
    images: Tensor,
    labels: Tensor,
    settings: TrainingSettings,
    teacher: nn.Module | None,
) -> float:
    recipe, objective = settings.recipe, settings.objective
    run.network.train()
    for name, module in run.network.named_modules():
        is_statistic = settings.frozen_statistics and isinstance(module, _BatchNorm)
        if is_statistic or (recipe.frozen and name.startswith(recipe.frozen)):
            module.eval()
    batch = (images - settings.mean) / settings.std
    batch = batch.to(memory_format=torch.channels_last)
    logits = run.network(batch)
    if objective is not None:
        loss = objective.loss(logits, labels)
    else:
        loss = cross_entropy_and_dice(logits[:, : settings.classes], labels)
    if teacher is not None and recipe.distillation is not None:
        with torch.no_grad():
            wanted = teacher(batch)
        imitation = objective.distillation if objective is not None else distillation_loss
        loss = loss + recipe.distillation.weight * imitation(logits, wanted)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimizer.step()
    advance(run.schedule, run.seconds / settings.max_seconds if settings.ends_in_time else 0.0)
    run.average.update_parameters(run.network)
    return loss.item()


def _score(run: RunState, data: TrainingData, settings: TrainingSettings) -> float:
    network = run.average.module
    if settings.objective is not None:
        return settings.objective.score(network, data)
    return validation_score(
        network,
        data.validation,
        settings.mean,
        settings.std,
        settings.classes,
        settings.tta_scales,
    )


def _validate(run: RunState, score: float) -> None:
    run.scores.append((run.step, score))
    run.losses.append(sum(run.since_validation) / len(run.since_validation))
    run.since_validation = []
    if run.best is None or score > run.best:
        run.best, run.best_step = score, run.step
        state = run.average.module.state_dict()
        run.best_state = {name: value.detach().cpu().clone() for name, value in state.items()}


def _batch(split: TrainingData, recipe: Recipe, step: int) -> tuple[Tensor, Tensor]:
    """Return images (N, 1, side, side) float32 in [0, 1] and labels (N, side, side) int64, or
    targets (N, 3, side, side) float32 of a recipe that learns objects."""
    random = np.random.default_rng((recipe.seed, step))
    crops = split.crops(recipe, random)
    images = torch.from_numpy(np.stack([image for image, _ in crops]))[:, None]
    labels = torch.from_numpy(np.stack([label for _, label in crops]))
    return images, labels if labels.is_floating_point() else labels.long()
