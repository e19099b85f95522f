"""Every network and method that is listed: the zoo's, those that answer clicks, classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from safetensors import safe_open

from core.types.model_card import ModelCard
from models import classifiers, interactive, zoo

if TYPE_CHECKING:
    from core.training.recipe import Recipe
    from core.workspace.results.stored import Stored

NETWORKS, LAB, METHODS, STROKES, CLICKS, CLASSIFIERS = (
    "Trained networks",
    "This lab",
    "Thresholds and edges",
    "Your own strokes",
    "Your own clicks",
    "Classifiers of whole images",
)

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def all_cards(segmenting: Mapping[str, ModelCard] = zoo.CARDS) -> Mapping[str, ModelCard]:
    """Return the cards by name, in the order in which they are listed; no untrained classifier.

    ``segmenting``: the models that segment, as :func:`models.lab.cards` has them for an owner.
    """
    return {card.name: card for cards in groups(segmenting).values() for card in cards}


def card_of_result(stored: Stored) -> ModelCard | None:
    """Return the card of the model that made a result, of a lab's as it was then, or of what stands
    in for one where it was drawn from nothing; None where that model is not listed any more."""
    # Pages import this module before their first paint, and that one needs pandas.
    from core.correction.blank import BLANK, blank_card

    if stored.model == BLANK:
        return blank_card()
    return all_cards().get(stored.model) or stored.lab_card


def groups(
    segmenting: Mapping[str, ModelCard] = zoo.CARDS,
) -> Mapping[str, tuple[ModelCard, ...]]:
    """Return the cards by kind, those of a kind by title; no untrained classifier.

    ``segmenting``: as of :func:`all_cards`.
    """
    found: dict[str, list[ModelCard]] = {
        kind: [] for kind in (LAB, NETWORKS, METHODS, STROKES, CLICKS, CLASSIFIERS)
    }
    for card in segmenting.values():
        found[_kind(card)].append(card)
    found[CLICKS] = [card for card in interactive.CARDS.values() if card.weights]
    found[CLASSIFIERS] = [card for card in classifiers.CARDS.values() if card.weights]
    return {
        kind: tuple(sorted(cards, key=lambda card: card.title))
        for kind, cards in found.items()
        if cards
    }


def _kind(card: ModelCard) -> str:
    if card.origin != "zoo":
        return LAB
    return STROKES if card.needs_marks else METHODS if card.method else NETWORKS


def parameters(card: ModelCard) -> int:
    """Return how many parameters a network has, 0 of a method without one.

    Counted in its file of weights, so that no network is built; running statistics of a batch
    norm are none.
    """
    if card.build is None:
        return 0
    if card.weights is None or not card.weights.path.is_file():
        return sum(parameter.numel() for parameter in card.build().parameters())
    with safe_open(card.weights.path, "np") as file:
        names = [name for name in file.keys() if not name.endswith(STATISTICS)]  # noqa: SIM118
        return sum(prod(file.get_slice(name).get_shape()) for name in names)


def recipe(name: str) -> Recipe:
    """Return how a network is trained.

    Raises:
        ModelError: there is none of that name, or it is a classic method.
    """
    if name in interactive.CARDS:
        return interactive.recipe(name)
    return classifiers.recipe(name) if name in classifiers.CARDS else zoo.recipe(name)
