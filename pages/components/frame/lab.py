"""The models that a session may choose: those of the zoo, and those of this lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import WorkspaceError
from core.types.model_card import ModelCard
from pages.components.frame import keeping
from pages.components.frame.memory import Memory
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.workspace.lab.lab_models import LabModel


def cards(mine: Memory) -> Mapping[str, ModelCard]:
    """Return the cards of all models that segment by name, those of this lab last."""
    from models import lab, zoo

    try:
        return lab.cards(keeping.workspace(), mine.owner)
    except WorkspaceError:
        return zoo.CARDS


def text(card: ModelCard, words: str) -> str:
    """Return ``words`` of a card for Markdown; those of users are shown as they are."""
    return words if card.origin == "zoo" else literal(words)


def in_markdown(card: ModelCard) -> ModelCard:
    """Return ``card`` to be shown alone: with all its texts as :func:`text` has them."""
    if card.origin == "zoo":
        return card
    return replace(
        card,
        title=literal(card.title),
        purpose=literal(card.purpose),
        architecture=literal(card.architecture),
        data=literal(card.data),
        licence=literal(card.licence),
        reference=literal(card.reference),
        limits=literal(card.limits),
        training_cost=literal(card.training_cost),
        failures=tuple(map(literal, card.failures)),
        phases=tuple(replace(phase, name=literal(phase.name)) for phase in card.phases),
        scores=tuple(
            replace(one, metric=literal(one.metric), data=literal(one.data)) for one in card.scores
        ),
    )


def too_new(mine: Memory) -> tuple[str, ...]:
    """Return the names of models of this lab that only a newer Lamella can show."""
    from models import lab

    try:
        return lab.too_new(keeping.workspace(), mine.owner)
    except WorkspaceError:
        return ()


def found(mine: Memory) -> Mapping[str, LabModel]:
    """Return the models of this lab that the session's owner finds, by name."""
    from models import lab

    try:
        return lab.found(keeping.workspace(), mine.owner)
    except WorkspaceError:
        return {}
