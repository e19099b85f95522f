"""The zoo of trained models: one module = one model = one ``CARD`` and one ``recipe()``.

A new file in this folder is a new model; nothing else names it. The classic methods of
``models.classic`` stand at the end of the same list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.types.model_card import ModelCard
from models import classic
from models.measured import is_as_good_in_bfloat16
from models.weights import read_weights, weights_of_a_run

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from core.execution import BackendName, DeviceName, PrecisionChoice, RunChoice
    from core.segmentation.engines.classic_engine import ClassicEngine
    from core.segmentation.engines.engine import Engine
    from core.training.recipe import Recipe

_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))

CARDS: Mapping[str, ModelCard] = MappingProxyType(
    {card.name: card for card in (*(m.CARD for m in _MODULES), *classic.CARDS)}
)

REPLACED: Mapping[str, str] = MappingProxyType({"particles-resnet34": "particles"})
"""Models that are no longer listed, and which stands in the place of each."""


def card(name: str) -> ModelCard:
    """Return the card of a model.

    Raises:
        ModelError: there is no such model.
    """
    if name in REPLACED:
        raise ModelError(f"{name!r} is no longer there; {REPLACED[name]!r} stands in its place.")
    if name not in CARDS:
        raise ModelError(f"There is no model {name!r}; choose one of {', '.join(CARDS)}.")
    return CARDS[name]


def careful_card(card: ModelCard) -> ModelCard:
    """Return the card of a model with its ensemble.

    Raises:
        ModelError: it has none.
    """
    if card.careful is None:
        raise ModelError(
            f"{card.title} has no slower answer that is better; leave the careful choice out."
        )
    return card.careful


def load_as(name: str, choice: RunChoice) -> Engine | ClassicEngine:
    """Return a model on this machine's best device, to run as a user chose; raises as `load`."""
    return load(name, precision=choice.precision, careful=choice.careful)


def recipe(name: str) -> Recipe:
    """Return how a model is trained.

    Raises:
        ModelError: there is no such model, or it is a classic method.
    """
    wanted = card(name)
    if wanted.build is None:
        raise ModelError(f"{wanted.title} is not trained; it has no recipe.")
    return next(module.recipe() for module in _MODULES if wanted is module.CARD)


def load(
    name: str,
    device: DeviceName = "auto",
    other_weights: Path | None = None,
    precision: PrecisionChoice = "auto",
    backend: BackendName | None = None,
    careful: bool = False,
) -> Engine | ClassicEngine:
    """Return a model with its trained weights, or a classic method, ready to run.

    ``other_weights``: of a training run, in place of those that the card names. ``backend``: see
    :class:`core.segmentation.engines.engine.Engine`. ``careful``: with the ensemble of its card.

    Raises:
        ModelError: there is no such model, its weights are missing or damaged, it has no ensemble,
            or it learns from marks: :func:`core.segmentation.engines.forest_engine.fit` makes it.
        LamellaError: the device asked for is not there.
    """
    from core.segmentation.engines.classic_engine import ClassicEngine
    from core.segmentation.engines.engine import Engine
    from core.segmentation.engines.processor import may_have_gpu

    wanted = card(name)
    if wanted.needs_marks:
        raise ModelError(
            f"{wanted.title} knows nothing before pixels are marked: draw strokes on the page "
            "Segment, or give `lamella segment` a mask with --marks."
        )
    if careful:
        wanted = careful_card(wanted)
    if wanted.build is None:
        return ClassicEngine(wanted)
    if other_weights is not None:
        wanted = replace(wanted, weights=weights_of_a_run(other_weights))
    if wanted.weights is not None:
        read_weights(wanted.weights)

    if precision == "auto" and is_as_good_in_bfloat16(wanted) and not may_have_gpu():
        precision = "fast"

    def network() -> nn.Module:
        from models.weights_file import trained

        return trained(wanted)

    return Engine(wanted, network, device, precision, backend, loads_card=True)
