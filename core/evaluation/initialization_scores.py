"""Scores of short runs by initialization: initialization.csv, one row per run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from core.records import read_records, write_records


@dataclass(frozen=True)
class InitializationRun:
    """What is repeated: ``steps`` of ``batch`` crops of ``crop_px`` from ``init``, of a U-Net
    with the slim decoder on ``encoder``."""

    model: str
    encoder: str
    init: str
    seed: int
    steps: int
    batch: int
    crop_px: int


@dataclass(frozen=True)
class InitializationScore:
    """``validation_score``: the best of the run. ``seconds``: of its training."""

    run: InitializationRun
    validation_score: float
    seconds: int


@dataclass(frozen=True)
class Initialization:
    """One initialization with the same steps and crops: its scores in the order of their seeds."""

    encoder: str
    init: str
    steps: int
    batch: int
    crop_px: int
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return mean(self.scores)


def read_initialization_scores(path: Path) -> tuple[InitializationScore, ...]:
    """Return the rows of a file; empty where there is none."""
    return read_records(path, InitializationScore)


def add_initialization_score(path: Path, made: InitializationScore) -> None:
    """Add a row to the file, whole or not at all."""
    write_records(path, InitializationScore, [*read_initialization_scores(path), made])


def initializations_of(
    model: str, found: tuple[InitializationScore, ...]
) -> tuple[Initialization, ...]:
    """Return the initializations of a model, grouped by steps and crops, the best last."""
    groups: dict[tuple[str, str, int, int, int], list[InitializationScore]] = {}
    for one in found:
        run = one.run
        if run.model == model:
            key = (run.encoder, run.init, run.steps, run.batch, run.crop_px)
            groups.setdefault(key, []).append(one)
    made = [
        Initialization(
            *key, tuple(one.validation_score for one in sorted(g, key=lambda one: one.run.seed))
        )
        for key, g in groups.items()
    ]
    return tuple(sorted(made, key=lambda one: (one.steps, one.batch, one.crop_px, one.mean)))
