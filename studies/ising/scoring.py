"""One training of the Ising page, from the images to the scores that are shown after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import nn

from core.synthesis.ising.baselines import best_threshold
from core.synthesis.ising.data import folds_by_content
from core.synthesis.ising.snapshots import Snapshots
from core.types.progress import ProgressCallback, no_progress
from studies.ising.training import (
    ClassifierRecipe,
    EpochScore,
    Examples,
    predict,
    train_classifier,
)


@dataclass(frozen=True, eq=False)
class LiveResult:
    """``scores``: every epoch. ``thresholds``: accuracy of each baseline on the same images.

    ``elsewhere``: accuracy on other snapshots. ``right``, ``temperatures``: (n,), of each image
    held back.
    """

    network: nn.Module
    scores: tuple[EpochScore, ...]
    thresholds: dict[str, float]
    elsewhere: float
    right: np.ndarray
    temperatures: np.ndarray


def energy_baseline(data: Snapshots) -> float:
    """Return the accuracy of the energy threshold on the fold that is held back."""
    held = folds_by_content(data.spins) == 0
    return _threshold_accuracy("energy", data.only(~held), data.only(held))


def train_live(
    build: Callable[[], nn.Module],
    data: Snapshots,
    elsewhere: Snapshots,
    recipe: ClassifierRecipe,
    progress: ProgressCallback = no_progress,
    seen: Callable[[EpochScore], None] = lambda score: None,
) -> LiveResult:
    """Train on four folds of ``data``, by content, and try the network on the fifth and elsewhere.

    Raises:
        Cancelled: ``progress`` raised it.
    """
    held = folds_by_content(data.spins) == 0
    training, back = data.only(~held), data.only(held)
    scores: list[EpochScore] = []

    def note(score: EpochScore) -> None:
        scores.append(score)
        seen(score)

    network = train_classifier(
        build,
        Examples(training.spins, training.labels),
        Examples(back.spins, back.labels),
        recipe,
        progress,
        note,
    )
    return LiveResult(
        network,
        tuple(scores),
        {name: _threshold_accuracy(name, training, back) for name in ("magnetization", "energy")},
        _accuracy(network, elsewhere),
        predict(network, back.spins).argmax(1) == back.labels,
        back.temperatures,
    )


def _accuracy(network: nn.Module, data: Snapshots) -> float:
    return float((predict(network, data.spins).argmax(1) == data.labels).mean())


def _threshold_accuracy(name: str, training: Snapshots, back: Snapshots) -> float:
    threshold = best_threshold(name, training.spins, training.labels)
    return float((threshold.classes(back.spins) == back.labels).mean())
