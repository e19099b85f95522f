"""A short training in a page: a few steps of small crops on images that make themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from core.errors import DataError, ModelError
from core.segmentation.engines.engine import Engine
from core.training.initialization import from_scratch
from core.training.loop import TrainingSettings, train
from core.training.progress import Progress
from core.training.recipe import Recipe
from core.training.source import SyntheticData
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress

LIVE_BATCH = 4


@dataclass(frozen=True, eq=False)
class LiveTraining:
    """A short training: ``losses`` by step, ``score`` (IoU of the last phase on images held back),
    where it ``began``, and the ``engine`` that came out."""

    losses: tuple[float, ...]
    score: float
    began: str
    engine: Engine


def train_short(
    card: ModelCard,
    recipe: Recipe,
    make: Callable[[], SyntheticData],
    steps: int,
    crop_px: int,
    seed: int = 1,
    progress: ProgressCallback = no_progress,
    seen: Callable[[float], None] = lambda loss: None,
) -> LiveTraining:
    """Train ``card``'s network for a few steps, four crops of ``crop_px`` a step.

    It begins as the recipe does; where the package with those weights is not installed, from
    scratch. ``make``: makes the images. ``progress`` may raise ``core.errors.Cancelled``.
    ``seen`` gets each step's loss.

    Raises:
        DataError: no steps.
    """
    if steps < 1:
        raise DataError(f"{steps} steps train nothing; give 1 or more.")
    short = replace(recipe, steps=steps, crop_px=crop_px, batch=LIVE_BATCH, seed=seed)
    short = replace(short, validate_every=steps, averaging=0.9)
    assert card.build is not None
    torch.manual_seed(seed)
    network = card.build()
    began = _begin(network, recipe)
    losses: list[float] = []

    def report(where: Progress) -> None:
        losses.append(where.loss)
        seen(where.loss)
        progress(where.step, steps)

    settings = replace(TrainingSettings.of(card, short), tta_scales=(1.0,))
    found = train(network, make(), settings, report)
    network.load_state_dict(found.state)
    engine = Engine(card, network.eval().requires_grad_(False), "cpu")
    return LiveTraining(tuple(losses), found.score, began, engine)


def _begin(network: nn.Module, recipe: Recipe) -> str:
    try:
        return recipe.initialize(network)
    except ModelError:
        return from_scratch(network)
