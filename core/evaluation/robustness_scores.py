"""Scores of images that were changed in a known way: NAME.robustness.csv, one row a change."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from core.training.tables import write_table


@dataclass(frozen=True)
class RobustnessScore:
    """``mean_iou``: over phases, one confusion matrix over all images. ``foreground_iou``: of all
    that is not phase 0 as one phase, likewise. ``foreground_iou_per_image``: mean over images."""

    perturbation: str
    images: int
    mean_iou: float
    foreground_iou: float
    foreground_iou_per_image: float


def write_robustness_scores(path: Path, scores: Iterable[RobustnessScore]) -> None:
    """Write one row a change as CSV, whole or not at all."""
    rows = (
        [perturbation, images, *(f"{value:.6f}" for value in values)]
        for perturbation, images, *values in map(astuple, scores)
    )
    write_table(path, [field.name for field in fields(RobustnessScore)], rows)


def read_robustness_scores(path: Path) -> tuple[RobustnessScore, ...]:
    """Return the rows of a file; empty where there is none."""
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as lines:
        return tuple(
            RobustnessScore(
                row["perturbation"],
                int(row["images"]),
                float(row["mean_iou"]),
                float(row["foreground_iou"]),
                float(row["foreground_iou_per_image"]),
            )
            for row in csv.DictReader(lines)
        )
