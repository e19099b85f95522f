"""Every network and method that is listed: the zoo's, then the classifiers of whole images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.types import ModelCard
from models import classifiers, zoo

if TYPE_CHECKING:
    from core.training.recipe import Recipe


def all_cards() -> Mapping[str, ModelCard]:
    """Return the cards by name, in the order in which they are listed; no untrained classifier."""
    trained = {name: card for name, card in classifiers.CARDS.items() if card.weights}
    return {**zoo.CARDS, **trained}


def recipe(name: str) -> Recipe:
    """Return how a network is trained.

    Raises:
        ModelError: there is none of that name, or it is a classic method.
    """
    return classifiers.recipe(name) if name in classifiers.CARDS else zoo.recipe(name)
