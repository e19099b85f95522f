"""The state of a training run, kept in a checkpoint so that a stopped run can go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from core.training.checkpoint import read_checkpoint, write_checkpoint
from core.training.progress import CurvePoint


@dataclass
class RunState:
    """What a run needs to go on.

    ``recipe``: in words. ``best_state``: the averaged weights that validated best, at
    ``best_step``. ``scores``: (step, score) of each validation; ``losses``: the mean loss of the
    steps before it.
    """

    network: nn.Module
    average: AveragedModel
    recipe: str
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.OneCycleLR
    step: int = 0
    best: float | None = None
    best_step: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    scores: list[tuple[int, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    since_validation: list[float] = field(default_factory=list)

    @property
    def curve(self) -> tuple[CurvePoint, ...]:
        """Every validation so far."""
        return tuple(
            CurvePoint(step, loss, score)
            for (step, score), loss in zip(self.scores, self.losses, strict=True)
        )

    def save(self, path: Path | None) -> None:
        """Write the checkpoint, whole or not at all; None keeps nothing."""
        if path is None:
            return
        state = {
            "recipe": self.recipe,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "best": self.best,
            "best_step": self.best_step,
            "best_state": self.best_state,
            "seconds": self.seconds,
            "scores": self.scores,
            "losses": self.losses,
            "since_validation": self.since_validation,
        }
        write_checkpoint(path, state)

    def load(self, path: Path) -> None:
        """Take up the state of a checkpoint.

        Raises:
            LamellaError: it is of another recipe.
        """
        state = read_checkpoint(path, self.recipe)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step, self.best = state["step"], state["best"]
        self.best_step, self.best_state = state["best_step"], state["best_state"]
        self.seconds, self.scores = state["seconds"], state["scores"]
        self.losses, self.since_validation = state["losses"], state["since_validation"]
