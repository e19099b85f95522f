"""The zoo of trained models: one module = one model = one ``CARD`` and one ``RECIPE``.

A new file in this folder is a new model; nothing else names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.types import ModelCard

if TYPE_CHECKING:
    from core.segmentation.device import DeviceName
    from core.segmentation.engine import Engine
    from core.training.recipe import Recipe

_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))

CARDS: Mapping[str, ModelCard] = MappingProxyType({m.CARD.name: m.CARD for m in _MODULES})


def card(name: str) -> ModelCard:
    """Return the card of a model.

    Raises:
        ModelError: there is no such model.
    """
    if name not in CARDS:
        raise ModelError(f"There is no model {name!r}; choose one of {', '.join(CARDS)}.")
    return CARDS[name]


def recipe(name: str) -> Recipe:
    """Return how a model is trained.

    Raises:
        ModelError: there is no such model.
    """
    wanted = card(name)
    return next(module.recipe() for module in _MODULES if wanted is module.CARD)


def load(name: str, device: DeviceName = "auto") -> Engine:
    """Return a model with its trained weights, ready to run.

    Raises:
        ModelError: there is no such model, or its weights are missing or damaged.
        LamellaError: the device asked for is not there.
    """
    from core.segmentation.engine import Engine
    from models.weights_file import trained

    wanted = card(name)
    return Engine(wanted, trained(wanted), device)
