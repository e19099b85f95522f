"""Scores of images that were changed in a known way: NAME.robustness.csv, one row a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.records import read_records, write_records


@dataclass(frozen=True)
class RobustnessScore:
    """``mean_iou``: over phases, one confusion matrix over all images. ``foreground_iou``: of all
    that is not phase 0 as one phase, likewise. ``foreground_iou_macro``: mean over images."""

    perturbation: str
    images: int
    mean_iou: float
    foreground_iou: float
    foreground_iou_macro: float


def write_robustness_scores(path: Path, scores: Iterable[RobustnessScore]) -> None:
    """Write one row a change as CSV, whole or not at all."""
    write_records(path, RobustnessScore, scores)


def read_robustness_scores(path: Path) -> tuple[RobustnessScore, ...]:
    """Return the rows of a file; empty where there is none."""
    return read_records(path, RobustnessScore)
