"""Which kind of micrograph an image is, so that Segment can suggest the network for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.classification.card import ClassifierCard
from core.types import Phase

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

KINDS = (
    Phase("particles", "#E69F00"),
    Phase("carbon steel", "#56B4E9"),
    Phase("superalloy", "#009E73"),
    Phase("coating", "#D55E00"),
    Phase("grains", "#0072B2"),
    Phase("none of them", "#999999"),
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 6) logits."""
    from models.architectures.resnet import build_grey_resnet18

    return build_grey_resnet18(len(KINDS))


def particles_resnet18_encoder(network: nn.Module) -> str:
    """Put the trained encoder of `particles-resnet18` into ``network``, in place."""
    from models.weights_file import trained
    from models.zoo import particles_resnet18

    encoder = trained(particles_resnet18.CARD).encoder.state_dict()
    left = network.load_state_dict(encoder, strict=False)
    if left.unexpected_keys or set(left.missing_keys) != {"fc.weight", "fc.bias"}:
        raise RuntimeError(f"the encoder does not fit: {left}")
    return "encoder of particles-resnet18"


def earlier() -> Recipe:
    """Return the first stage: from an encoder that knows micrographs, on crops of all kinds."""
    from core.training.recipe import Augmentation, Recipe

    return Recipe(
        steps=320,
        initialise=particles_resnet18_encoder,
        validation_fraction=0.15,
        batch=16,
        crop_px=128,
        learning_rate=5e-4,
        weight_decay=1e-2,
        averaging=0.98,
        validate_every=160,
        frozen=("conv1", "bn1", "layer1", "layer2"),
        augmentation=Augmentation(invert=0.15, noise=0.4, blur=0.3),
    )


def recipe() -> Recipe:
    """Return the second stage, on crops that are less degraded."""
    from core.training.recipe import Augmentation

    return replace(
        earlier(),
        steps=280,
        learning_rate=1e-3,
        averaging=0.99,
        validate_every=280,
        augmentation=Augmentation(
            invert=0.1,
            gamma=(0.7, 1.5),
            contrast=(0.75, 1.2),
            brightness=(-0.1, 0.1),
            blur=0.2,
            blur_sigma_px=(0.4, 1.2),
            noise=0.25,
            dose=(60.0, 1000.0),
            readout=(0.0, 0.04),
            shading=0.2,
        ),
    )


CARD = ClassifierCard(
    name="micrograph-type",
    title="Kind of micrograph",
    purpose="Names the kind of a micrograph, or says that it is none of the kinds in the zoo.",
    phases=KINDS,
    build=build,
    weights=None,
    architecture="ResNet-18, one input channel",
    mean=0.5,
    std=0.25,
    data="",
    licence="",
    reference="",
    suggests=("particles", "carbon-steel", "superalloy", "coating", "grains"),
)
