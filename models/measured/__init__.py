"""What was measured of each model.

NAME.json, NAME.images.csv  by `make measure`
NAME.seeds.csv              the same recipe with other seeds, by `python -m research.seeds`
NAME.robustness.csv         images changed in known ways, by `python -m research.robustness`
initialization.csv          short runs by initialization, by `python -m research.initialization`

A file belongs to the weights whose SHA-256 it holds; a test compares it with the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.evaluation.initialization_scores import Initialization
    from core.evaluation.measured import Measured

FOLDER = Path(__file__).parent
INITIALIZATIONS = FOLDER / "initialization.csv"


@cache
def measured(name: str) -> Measured | None:
    """Return the scores of a model, read once; None where nothing was measured."""
    from core.evaluation.measured import read_measured

    path = FOLDER / f"{name}.json"
    return read_measured(path) if path.is_file() else None


def seeds(name: str) -> Mapping[str, tuple[float, ...]]:
    """Return each score of the runs of a model that differ in their seed alone, the shipped one
    among them; empty where there was one run only."""
    from core.evaluation.seed_scores import by_score, read_seed_scores

    return by_score(read_seed_scores(FOLDER / f"{name}.seeds.csv"))


def initializations(name: str) -> tuple[Initialization, ...]:
    """Return the scores of short runs by initialization; empty where there were none."""
    from core.evaluation.initialization_scores import initializations_of, read_initialization_scores

    return initializations_of(name, read_initialization_scores(INITIALIZATIONS))
