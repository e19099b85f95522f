"""Where a training run may start instead of where its recipe says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.training.initialisation import (
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


def starting_from(recipe: Recipe, start: str) -> Recipe:
    """Return ``recipe`` with another start: "scratch", "imagenet", "micronet", "micrographs" (see
    ``models.micrographs``) or a trained model.

    From scratch nothing is frozen, since what is random has to learn. An imitation of the recipe
    is left out: it is a start of its own.

    Raises:
        ModelError: none of these.
    """
    if start == "scratch":
        return replace(recipe, initialise=from_scratch, frozen=(), imitation=None)
    if start == "imagenet":
        return replace(recipe, initialise=_imagenet, imitation=None)
    if start == "micronet":
        return replace(recipe, initialise=micronet_online, imitation=None)
    donor = micrographs.CARD if start == micrographs.CARD.name else zoo.CARDS.get(start)
    if donor is None or donor.weights is None:
        known = ", ".join(name for name, card in zoo.CARDS.items() if card.weights is not None)
        raise ModelError(
            f"A run cannot start from {start!r}; choose scratch, imagenet, micronet, micrographs "
            f"or a trained model: {known}."
        )

    def initialise(network: nn.Module) -> str:
        return f"{weights_of_another(network, trained(donor))} ({start})"

    return replace(recipe, initialise=initialise, imitation=None)


def _imagenet(network: nn.Module) -> str:
    """Take ImageNet weights from the installed package where it has them, else from the net."""
    if encoder_name(network) in PACKAGED:
        return efficientnet_lite_imagenet(network)
    return imagenet_online(network)
