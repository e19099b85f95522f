"""Classifiers of whole micrographs: one module = one network = one ``CARD`` and one ``recipe()``.

They name what an image shows and segment nothing, so they are not in the zoo, whose every model
goes the way of an image to a segmentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.classification.card import ClassifierCard
from core.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from core.segmentation.engines.engine import Engine
    from core.training.recipe import Recipe

_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))

MICROGRAPH_TYPE = "micrograph-type"
"""The one that says which model of the zoo fits an image."""

CARDS: Mapping[str, ClassifierCard] = MappingProxyType({m.CARD.name: m.CARD for m in _MODULES})


def recipe(name: str) -> Recipe:
    """Return how a classifier is trained.

    Raises:
        ModelError: there is none of that name.
    """
    return next(m.recipe() for m in _MODULES if card(name) is m.CARD)


def earlier(name: str) -> Recipe:
    """Return the stage of training before the one of :func:`recipe`.

    Raises:
        ModelError: there is none of that name.
    """
    return next(m.earlier() for m in _MODULES if card(name) is m.CARD)


def card(name: str) -> ClassifierCard:
    """Return the card of a classifier.

    Raises:
        ModelError: there is none of that name.
    """
    if name not in CARDS:
        raise ModelError(f"There is no classifier {name!r}; choose one of {', '.join(CARDS)}.")
    return CARDS[name]


def micrograph_classifier() -> Engine:
    """Return what runs the classifier of micrographs.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    from core.segmentation.engines.engine import Engine
    from models.weights import read_weights

    wanted = card(MICROGRAPH_TYPE)
    if wanted.weights is not None:
        read_weights(wanted.weights)
    return Engine(wanted, lambda: load(MICROGRAPH_TYPE), "cpu", "exact", loads_card=True)


def load(name: str, other_weights: Path | None = None) -> nn.Module:
    """Return a classifier with its trained weights, in eval mode, on the CPU.

    ``other_weights``: of a training run, in place of those that the card names.

    Raises:
        ModelError: there is none of that name, or its weights are missing or damaged.
    """
    from models.weights import weights_of_a_run
    from models.weights_file import trained

    wanted = card(name)
    if other_weights is not None:
        wanted = replace(wanted, weights=weights_of_a_run(other_weights))
    return trained(wanted)
