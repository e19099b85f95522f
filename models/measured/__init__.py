"""What was measured of each model.

NAME.json, NAME.images.csv  by `make measure`; NAME.careful.* of an ensemble that can be chosen
NAME.seeds.csv              the same recipe with other seeds, by `python -m research.seeds`
NAME.robustness.csv         images changed in known ways, by `python -m research.robustness`
precision.csv               labels and scores in bfloat16, by `python -m research.precision`
initialization.csv          short runs by initialization, by `python -m research.initialization`

A file belongs to the weights whose SHA-256 it holds; a test compares it with the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.evaluation.initialization_scores import Initialization
    from core.evaluation.measured import Measured
    from core.evaluation.precision_scores import PrecisionScore
    from core.measurement.uncertainty import ModelError
    from core.types.model_card import ModelCard

FOLDER = Path(__file__).parent
PRECISIONS = FOLDER / "precision.csv"
INITIALIZATIONS = FOLDER / "initialization.csv"


@cache
def measured(name: str, careful: bool = False) -> Measured | None:
    """Return the scores of a model, read once, or of its ensemble; None where nothing was
    measured."""
    from core.evaluation.measured import read_measured

    path = FOLDER / (f"{name}.careful.json" if careful else f"{name}.json")
    return read_measured(path) if path.is_file() else None


@cache
def measurand_errors(card: ModelCard) -> tuple[ModelError, ...]:
    """Return how far a model is off in diameters, intercepts and phase fractions, of the ensemble
    where the card is of one; empty where nothing was measured of its weights."""
    from core.evaluation.measurand_errors import read_measurand_errors

    record = measured(card.name, card.is_careful)
    if record is None or card.weights is None or record.weights_sha256 != card.weights.sha256:
        return ()
    path = FOLDER / f"{card.name}{'.careful' if card.is_careful else ''}.images.csv"
    return read_measurand_errors(path, [phase.name for phase in card.phases])


def seeds(name: str) -> Mapping[str, tuple[float, ...]]:
    """Return each score of the runs of a model that differ in their seed alone, the shipped one
    among them; empty where there was one run only."""
    from core.evaluation.seed_scores import by_score, read_seed_scores

    return by_score(read_seed_scores(FOLDER / f"{name}.seeds.csv"))


def initializations(name: str) -> tuple[Initialization, ...]:
    """Return the scores of short runs by initialization; empty where there were none."""
    from core.evaluation.initialization_scores import initializations_of, read_initialization_scores

    return initializations_of(name, read_initialization_scores(INITIALIZATIONS))


def is_as_good_in_bfloat16(card: ModelCard) -> bool:
    """Return whether it was measured, on a processor like this one and with this version of
    OpenVINO, that a model answers in bfloat16 as in float32."""
    from core.segmentation.engines.processor import bfloat16_units

    if card.weights is None or not bfloat16_units():
        return False
    here = (card.name, card.weights.sha256, bfloat16_units(), "openvino", version("openvino"))
    return any(one.is_as_good for one in precisions(card) if one.is_of == here)


def precisions(card: ModelCard) -> tuple[PrecisionScore, ...]:
    """Return what bfloat16 was measured to change in the answers of a model's shipped weights."""
    return tuple(
        one
        for one in _precision_scores(PRECISIONS)
        if card.weights is not None and one.weights_sha256 == card.weights.sha256
    )


@cache
def _precision_scores(path: Path) -> tuple[PrecisionScore, ...]:
    from core.evaluation.precision_scores import read_precision_scores

    return tuple(read_precision_scores(path))
