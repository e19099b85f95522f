"""One run: crops of what is confirmed, the loop, and the mixture that is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.training.augmentation import Pair, random_crop
from core.training.fine_tuning.images import TeachingImage, apart, is_known
from core.training.fine_tuning.scoring import View, choosing_score
from core.training.fine_tuning.start import FineTuning, Start, Task, frozen, mixed
from core.training.fine_tuning.working_scale import MOST, working_scale
from core.training.initialization import from_scratch
from core.training.loop import Objective, TrainedNetwork, TrainingSettings, train
from core.training.losses import cross_entropy_and_dice
from core.training.object_learning import loss_of_objects
from core.training.object_targets import object_targets
from core.training.progress import CurvePoint, Progress
from core.training.recipe import Recipe

LEAST_KNOWN = 0.01
LEAST_WHOLE = 0.8
TRIES = 8
LEARNING_SHARE = 0.9
"""Of the time; the rest is for choosing what is kept."""
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, eq=False)
class Taught:
    """What a run gave.

    ``state``: the weights that are kept, ``mix`` of them new. ``scale``: of an image as the network
    sees it. ``score``: by which both were chosen, on parts of the images that were not learned
    from; ``before``: of the model that was started from, nan where it knows other phases.
    """

    state: dict[str, Tensor]
    mix: float
    scale: float
    score: float
    before: float
    step: int
    seconds: float
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, eq=False)
class ConfirmedData:
    """Crops in which something is known, each image as often as the others."""

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    learns_objects: bool

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch: images float32 in [0, 1], and labels uint8 or targets of objects."""
        found = [
            self._crop(self.train[index], recipe, random)
            for index in random.integers(len(self.train), size=recipe.batch)
        ]
        if not self.learns_objects:
            return found
        return [(image, object_targets(ids)) for image, ids in found]

    @staticmethod
    def _crop(
        pair: Pair, recipe: Recipe, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        for _ in range(TRIES):
            image, labels = random_crop(pair, recipe.crop_px, recipe.augmentation, random)
            if is_known(labels).mean() >= LEAST_KNOWN:
                break
        return image, labels


@dataclass(eq=False)
class _Run:
    """What the loop and the choice of the mixture share. ``seen``: the last progress; ``ends``: the
    time by ``clock`` at which no further mixture is tried."""

    network: nn.Module
    settings: FineTuning
    data: ConfirmedData
    view: View
    report: Callable[[Progress], None]
    clock: Callable[[], float]
    seen: Progress | None = None
    ends: float = float("inf")

    def note(self, progress: Progress) -> None:
        """Report a step of the loop."""
        self.seen = progress
        self.report(progress)

    def breathe(self) -> None:
        """Report the last step again, so that a run can be cancelled while mixtures are tried."""
        if self.seen is not None:
            self.report(self.seen)

    def is_late(self) -> bool:
        """Return whether the time asked for is over."""
        return self.clock() >= self.ends


def fine_tune(
    start: Start,
    task: Task,
    images: Sequence[TeachingImage],
    settings: FineTuning,
    folder: Path,
    report: Callable[[Progress], None] = lambda progress: None,
    device: torch.device | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Taught:
    """Teach a copy of the network of ``start`` and return the mixture that scored best.

    ``folder``: keeps the checkpoint that a run which was stopped goes on from. ``report`` may raise
    ``core.errors.Cancelled``. ``clock``: in seconds; the time of ``settings`` is kept by it.

    Source: fine-tuning of a mixture, Wortsman et al. 2022, arXiv:2109.01903.
    """
    device = device or torch.device("cpu")
    torch.manual_seed(settings.seed)
    network = start.network(task.outputs(start)).to(device)
    old = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    data = confirmed_data(start, task, images)
    view = view_of(start, task, working_scale(images, len(task.phases), task.scale(start)))
    run = _Run(network, settings, data, view, report, clock)
    chosen = _training_settings(run, start, task, images, folder, device)
    folder.mkdir(parents=True, exist_ok=True)
    before = float("nan")
    if task.same_phases:
        before = choosing_score(network, data.validation, view_of(start, task))
    result = train(network, data, chosen, run.note)
    run.ends = clock() + settings.seconds - result.seconds
    # A run that was done when it was stopped has no further step to report.
    curve = run.seen.curve if run.seen else tuple(CurvePoint(*one) for one in _scores(result))
    mixes = settings.mixes if task.same_phases else (1.0,)
    score, mix, scale = _best_mixture(run, old, result.state, mixes)
    state = mixed(old, result.state, mix)
    return Taught(state, mix, scale, score, before, result.step, result.seconds, curve)


def confirmed_data(start: Start, task: Task, images: Sequence[TeachingImage]) -> ConfirmedData:
    """Return what is learned from, and the parts of it that choose step and mixture."""
    objects = task.objects_phase if task.learns_objects(start) else None
    learned, choosing = apart([image.pair(objects) for image in images])
    return ConfirmedData(learned, choosing, objects is not None)


def are_picked(images: Sequence[TeachingImage]) -> bool:
    """Return whether less than four fifths of the pixels are known, so that how many there are of a
    phase says how much of it was outlined, not how much there is."""
    return float(np.mean([image.known.mean() for image in images])) < LEAST_WHOLE


def view_of(start: Start, task: Task, scale: float | None = None) -> View:
    """Return how the outputs are read."""
    objects = task.objects_phase if task.learns_objects(start) else None
    scale = task.scale(start) if scale is None else scale
    return View(start.mean, start.std, len(task.phases), objects, scale)


def _training_settings(
    run: _Run,
    start: Start,
    task: Task,
    images: Sequence[TeachingImage],
    folder: Path,
    device: torch.device,
) -> TrainingSettings:
    settings = run.settings
    recipe = _recipe(start, task, settings, run.network, len(images), run.view.scale)
    # New phases need other features than those of the model's own.
    adapts = start.knows_micrographs and task.same_phases
    return TrainingSettings(
        recipe,
        start.mean,
        start.std,
        len(task.phases),
        checkpoint=folder / CHECKPOINT,
        device=device,
        resume=True,
        max_seconds=LEARNING_SHARE * settings.seconds,
        objective=_objective(run.data, run.view, not task.same_phases and are_picked(images)),
        encoder_learning_rate=recipe.learning_rate * settings.encoder_share if adapts else None,
        frozen_statistics=adapts,
        ends_in_time=True,
        clock=run.clock,
    )


def _recipe(
    start: Start,
    task: Task,
    settings: FineTuning,
    network: nn.Module,
    images: int,
    usual_scale: float,
) -> Recipe:
    rate = settings.learning_rate if task.same_phases else settings.new_phases_learning_rate
    low, high = settings.augmentation.scale
    augmentation = replace(
        settings.augmentation,
        scale=(low * usual_scale, high * usual_scale),
        upright=start.upright,
    )
    return Recipe(
        steps=settings.steps(images),
        initialize=from_scratch,
        batch=settings.batch,
        crop_px=settings.crop_px,
        learning_rate=rate,
        weight_decay=settings.weight_decay,
        averaging=settings.averaging,
        validate_every=settings.validate_every,
        patience=settings.patience,
        seed=settings.seed,
        frozen=frozen(network, images),
        augmentation=augmentation,
    )


def _objective(data: ConfirmedData, view: View, is_balanced: bool) -> Objective:
    plain = partial(cross_entropy_and_dice, balanced=is_balanced)
    loss = loss_of_objects if data.learns_objects else plain

    def of_validation(network: nn.Module, data: ConfirmedData) -> float:
        return choosing_score(network, data.validation, view)

    return Objective(loss, of_validation)


def _scores(result: TrainedNetwork) -> tuple[tuple[int, float, float], ...]:
    return tuple((step, float("nan"), score) for step, score in result.scores)


def _best_mixture(
    run: _Run, old: dict[str, Tensor], new: dict[str, Tensor], mixes: Sequence[float]
) -> tuple[float, float, float]:
    """Return score, share of the new weights and scale of the mixture that scores best where
    nothing was learned from, of those that there is time for; of two alike the one closer to the
    old weights."""
    found: list[tuple[float, float, float]] = []
    usual = run.view.scale
    scales = [one * usual for one in run.settings.scales if one * usual <= max(usual, MOST)]
    for scale in scales or [usual]:
        for mix in sorted(mixes, reverse=True):
            if found and run.is_late():
                break
            run.breathe()
            run.network.load_state_dict(mixed(old, new, mix))
            view = replace(run.view, scale=scale)
            found.append((choosing_score(run.network, run.data.validation, view), -mix, scale))
    score, mix, scale = max(found, key=lambda one: one[:2])
    return score, -mix, scale
