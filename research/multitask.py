"""Multi-task training: one network learns the tasks of several models, to initialize others.

Its last layer has the phases of all tasks, one task after the other; a batch is of one task, and
only that task's phases are asked about it. What the tasks share is everything before.

Source: hard parameter sharing, Caruana 1997, doi:10.1023/A:1007379606734.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from torch import Tensor, nn

from core.training.loop import Objective
from core.training.losses import cross_entropy_and_dice
from core.training.recipe import Recipe, TrainingData
from core.training.validation import validation_score
from core.types.model_card import ModelCard

# Enough to see that a run goes well; initializations are compared on all images of a model.
SCORED_IMAGES = 4


@dataclass(frozen=True, eq=False)
class Task:
    """What one model learns. ``share``: how often it is drawn, relative to the others."""

    card: ModelCard
    recipe: Recipe
    data: TrainingData
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class MultitaskData:
    """The images of several tasks; grey levels are normalized as each task's model does it."""

    tasks: tuple[Task, ...]

    @cached_property
    def first(self) -> tuple[int, ...]:
        """Index of each task's first phase among the phases of all."""
        return (0, *accumulate(len(task.card.phases) for task in self.tasks))[:-1]

    @property
    def train(self) -> tuple[Any, ...]:
        """The training images of all tasks."""
        return tuple(image for task in self.tasks for image in task.data.train)

    @property
    def validation(self) -> tuple[Any, ...]:
        """The validation images of all tasks."""
        return tuple(image for task in self.tasks for image in task.data.validation)

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch of one task: grey levels normalized, labels among the phases of all.

        Size and number of the crops are those of ``recipe``, all else is the task's own.
        """
        shares = np.array([task.share for task in self.tasks])
        chosen = int(random.choice(len(self.tasks), p=shares / shares.sum()))
        task = self.tasks[chosen]
        given = replace(task.recipe, batch=recipe.batch, crop_px=recipe.crop_px)
        return [
            (
                ((image - task.card.mean) / task.card.std).astype(np.float32),
                labels.astype(np.uint8) + np.uint8(self.first[chosen]),
            )
            for image, labels in task.data.crops(given, random)
        ]


class PhasesOf(nn.Module):
    """The logits of one task: (N, all phases, H, W) -> (N, ``count``, H, W) from ``first`` on."""

    def __init__(self, network: nn.Module, first: int, count: int) -> None:
        super().__init__()
        self.network, self.first, self.count = network, first, count

    def forward(self, batch: Tensor) -> Tensor:
        return self.network(batch)[:, self.first : self.first + self.count]


def multitask_objective(data: MultitaskData) -> Objective:
    """Return what such a network learns, and its score: the mean over tasks of the validation
    score of a few images each."""
    counts = tuple(len(task.card.phases) for task in data.tasks)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        lowest = int(labels.min())
        first, count = next(
            (first, count)
            for first, count in zip(data.first, counts, strict=True)
            if lowest < first + count
        )
        return cross_entropy_and_dice(logits[:, first : first + count], labels - first)

    def score(network: nn.Module, data: MultitaskData) -> float:
        found = [
            validation_score(
                PhasesOf(network, first, count).eval(),
                task.data.validation[:SCORED_IMAGES],
                task.card.mean,
                task.card.std,
                count,
            )
            for task, first, count in zip(data.tasks, data.first, counts, strict=True)
        ]
        return float(np.mean(found))

    return Objective(loss, score)
