"""What was measured of each model.

NAME.json, NAME.images.csv  by `make measure`
NAME.seeds.csv              the same recipe with other seeds, by `python -m research.seeds`
NAME.robustness.csv         images changed in known ways, by `python -m research.robustness`
initialisation.csv          short runs from several starts, by `python -m research.initialisation`

A file belongs to the weights whose SHA-256 it holds; a test compares it with the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.evaluation.measured import Measured
    from core.evaluation.start_scores import Start

FOLDER = Path(__file__).parent
STARTS = FOLDER / "initialisation.csv"


def measured(name: str) -> Measured | None:
    """Return the scores of a model; None where nothing was measured."""
    from core.evaluation.measured import read_measured

    path = FOLDER / f"{name}.json"
    return read_measured(path) if path.is_file() else None


def seeds(name: str) -> Mapping[str, tuple[float, ...]]:
    """Return each score of the runs of a model that differ in their seed alone, the shipped one
    among them; empty where there was one run only."""
    from core.evaluation.seed_scores import by_score, read_seed_scores

    return by_score(read_seed_scores(FOLDER / f"{name}.seeds.csv"))


def starts(name: str) -> tuple[Start, ...]:
    """Return what short runs of a model from several starts score; empty where none was done."""
    from core.evaluation.start_scores import read_start_scores, starts_of

    return starts_of(name, read_start_scores(STARTS))
