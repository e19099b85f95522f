"""One object from clicks, a box or a rough mask: a U-Net on EfficientNet-Lite0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import ModelCard, Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe


def build() -> nn.Module:
    """Return the untrained network, see ``models.architectures.click_unet``."""
    from models.architectures.click_unet import build_click_unet

    return build_click_unet()


def from_particles(network: nn.Module) -> str:
    """Put the trained weights of `particles` into ``network``, in place."""
    from models.architectures.click_unet import take_over
    from models.weights_file import trained
    from models.zoo import particles

    take_over(network, trained(particles.CARD))
    return "weights of particles"


def recipe() -> Recipe:
    """Return how it is trained, see ``core.interaction.training``."""
    from core.training.augmentation import Augmentation
    from core.training.recipe import Recipe

    return Recipe(
        steps=6000,
        initialize=from_particles,
        masks="instances",
        group="doi",
        batch=8,
        crop_px=192,
        averaging=0.995,
        validate_every=200,
        augmentation=Augmentation(
            invert=0.2, gamma=(0.7, 1.5), contrast=(0.7, 1.2), noise=0.4, blur=0.25, shading=0.3
        ),
    )


CARD = ModelCard(
    name="click",
    title="One object from clicks",
    purpose="Outlines the object that clicks, a box or a rough mask point at, on any micrograph.",
    phases=(Phase("elsewhere", "#0072B2"), Phase("object", "#E69F00")),
    build=build,
    weights=weights("click", "c467a7b6f68dc7bea78f5b505fb1bf17cfce42599acaf6485892230e30f69a96"),
    architecture="U-Net, EfficientNet-Lite0 encoder, prompts added to its first layer",
    mean=0.45,
    std=0.23,
    data="",
    licence="",
    reference="Sofiiuk et al. 2021, arXiv:2102.06583",
)
