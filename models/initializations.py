"""Other initializations of a training run than the one of its recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.training.initialization import (
    PACKAGED,
    efficientnet_lite_imagenet,
    encoder_name,
    from_scratch,
    weights_of_another,
)
from core.training.online_weights import imagenet_online, micronet_online
from models import micrographs, zoo
from models.weights_file import trained

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe
    from core.types.model_card import ModelCard


def with_initialization(
    recipe: Recipe, init: str, donors: Mapping[str, ModelCard] | None = None
) -> Recipe:
    """Return ``recipe`` with another initialization: "scratch", "imagenet", "micronet",
    "micrographs" (see ``models.micrographs``) or a trained model.

    ``donors``: trained models by name, those of the zoo where it is None.

    From scratch nothing is frozen, since random weights have to be trained. Feature distillation
    is left out: it is an initialization of its own. A recipe that learns objects begins with one
    that learns the phases, which is initialized.

    Raises:
        ModelError: none of these.
    """
    if recipe.objects is not None and recipe.objects.first is not None:
        first = with_initialization(recipe.objects.first, init, donors)
        return replace(recipe, objects=replace(recipe.objects, first=first))
    if init == "scratch":
        return replace(recipe, initialize=from_scratch, frozen=(), feature_distillation=None)
    if init == "imagenet":
        return replace(recipe, initialize=_imagenet, feature_distillation=None)
    if init == "micronet":
        return replace(recipe, initialize=micronet_online, feature_distillation=None)
    cards = zoo.CARDS if donors is None else donors
    networks = {name: card for name, card in cards.items() if card.build and card.weights}
    donor = micrographs.CARD if init == micrographs.CARD.name else networks.get(init)
    if donor is None:
        known = ", ".join(networks)
        raise ModelError(
            f"There is no initialization {init!r}; choose scratch, imagenet, micronet, micrographs "
            f"or a trained model: {known}."
        )

    def initialize(network: nn.Module) -> str:
        return f"{weights_of_another(network, trained(donor))} ({init})"

    return replace(recipe, initialize=initialize, feature_distillation=None)


def _imagenet(network: nn.Module) -> str:
    """Take ImageNet weights from the installed package where it has them, else from the net."""
    if encoder_name(network) in PACKAGED:
        return efficientnet_lite_imagenet(network)
    return imagenet_online(network)
