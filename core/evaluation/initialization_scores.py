"""Scores of short runs by initialization: initialization.csv, one row per run."""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import mean

from core.training.tables import write_table


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


HEADER = (*(field.name for field in fields(InitializationRun)), "validation_score", "seconds")


def read_initialization_scores(path: Path) -> tuple[InitializationScore, ...]:
    """Return the rows of a file; empty where there is none."""
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as lines:
        return tuple(
            InitializationScore(
                InitializationRun(
                    row["model"],
                    row["encoder"],
                    row["init"],
                    int(row["seed"]),
                    int(row["steps"]),
                    int(row["batch"]),
                    int(row["crop_px"]),
                ),
                float(row["validation_score"]),
                int(row["seconds"]),
            )
            for row in csv.DictReader(lines)
        )


def add_initialization_score(path: Path, made: InitializationScore) -> None:
    """Add a row to the file, whole or not at all."""
    rows = (
        [*astuple(one.run), f"{one.validation_score:.4f}", one.seconds]
        for one in [*read_initialization_scores(path), made]
    )
    write_table(path, HEADER, rows)


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
