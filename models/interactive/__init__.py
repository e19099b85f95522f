"""Networks that answer prompts: one module = one network = one ``CARD`` and one ``recipe()``.

They segment no image by themselves, so they are not in the zoo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    from torch import nn

    from core.interaction.network import ClickNetwork
    from core.training.recipe import Recipe

_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))

CARDS: Mapping[str, ModelCard] = MappingProxyType({m.CARD.name: m.CARD for m in _MODULES})


def recipe(name: str) -> Recipe:
    """Return how one of ``CARDS`` is trained."""
    return next(m.recipe() for m in _MODULES if m.CARD.name == name)


def click_network(other_weights: Path | None = None) -> ClickNetwork:
    """Return the click network, ready to answer.

    ``other_weights``: of a training run, in place of those that the card names.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    from core.interaction.network import ClickNetwork
    from models.weights import read_weights, weights_of_a_run

    card = CARDS["click"]
    if other_weights is not None:
        card = replace(card, weights=weights_of_a_run(other_weights))
    if card.weights is None:
        raise ModelError("The click network has not been trained; give weights of a run.")
    read_weights(card.weights)

    def load() -> nn.Module:
        from models.weights_file import trained

        return trained(card)

    return ClickNetwork(card, load)
