"""Nanoparticles with a ResNet-34 encoder: the ResNet-18 deepened by Net2Net, then trained
further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import ModelCard, Score
from models.weights import weights
from models.zoo import particles, particles_resnet18

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 2, H, W) logits."""
    from models.architectures.unet import SLIM_DECODER_CHANNELS, build_unet

    # Without the deepest stage, whose 13 million parameters would take the file over 30 MB.
    without_deepest = SLIM_DECODER_CHANNELS[1:]
    return build_unet("resnet34", len(particles.PHASES), decoder_channels=without_deepest)


def deeper_resnet18(network: nn.Module) -> str:
    """Put `particles-resnet18` into ``network``, in place; new blocks begin as the identity."""
    from core.training.net2net import decoder_without_deepest, net2deeper
    from models.weights_file import trained

    donor = trained(particles_resnet18.CARD)
    net2deeper(network.get_submodule("encoder"), donor.get_submodule("encoder"))
    decoder = decoder_without_deepest(donor.get_submodule("decoder").state_dict())
    network.get_submodule("decoder").load_state_dict(decoder, strict=False)
    head = donor.get_submodule("segmentation_head").state_dict()
    network.get_submodule("segmentation_head").load_state_dict(head)
    return "particles-resnet18, deepened by Net2Net"


def recipe() -> Recipe:
    """Return how it is trained: begins as the ResNet-18, learns from masks and from `particles`."""
    from core.training.augmentation import Augmentation
    from core.training.recipe import Distillation, Recipe

    return Recipe(
        steps=1000,
        seed=2,
        initialize=deeper_resnet18,
        masks="instances",
        group="doi",
        learning_rate=6e-4,
        frozen=("encoder.conv1", "encoder.bn1"),
        augmentation=Augmentation(scale=(0.5, 1.7)),
        distillation=Distillation(particles_resnet18.teacher),
        validate_every=200,
        patience=12,
    )


CARD = ModelCard(
    name="particles-resnet34",
    title="Nanoparticles, ResNet-34",
    purpose="The task of Nanoparticles with a deeper ResNet, to compare depths.",
    phases=particles.PHASES,
    build=build,
    weights=weights(
        "particles-resnet34", "4d95e9df5ad1aceb0395609bc1056e192f1e9f59b28a36ef0ac8a7d0fed79130"
    ),
    architecture="U-Net, ResNet-34 encoder without its last stage",
    mean=particles.CARD.mean,
    std=particles.CARD.std,
    data=particles.CARD.data,
    licence=particles.CARD.licence,
    reference=particles.CARD.reference,
    scores=(
        Score(
            "F1 of objects at IoU 0.5, micro average",
            0.717,
            particles_resnet18.VALIDATION,
            "objects_f1_iou50_micro",
        ),
        Score(
            "absolute error of the mean diameter, mean over images (1 = 100 %)",
            0.363,
            particles_resnet18.VALIDATION,
            "mean_diameter_absolute_error",
        ),
        Score(
            "IoU of particles, mean over images",
            0.888,
            particles_resnet18.VALIDATION,
            "foreground_iou_macro",
        ),
        Score(
            "IoU of particles, dark on bright (37 images)",
            0.874,
            particles_resnet18.VALIDATION,
            "foreground_iou_by_polarity.dark_on_bright",
        ),
        Score(
            "IoU of particles, bright on dark (17 images)",
            0.919,
            particles_resnet18.VALIDATION,
            "foreground_iou_by_polarity.bright_on_dark",
        ),
    ),
    limits=(
        f"{particles.CARD.limits} Twice as deep as the ResNet-18 and hardly better: the scores of "
        "three seeds each overlap."
    ),
    failures=(
        "Holes of a perforated carbon film segmented as particles: IoU 0.34, the worst image.",
        "The noisy shadow around a single large particle segmented as part of it: IoU 0.63.",
        "Crystals behind a particle, pieces of letters and scale bars, and faint debris segmented "
        "as particles.",
        "Hollow particles of low contrast in strong noise: ragged outlines, missing parts.",
        "Touching particles merged or split: 59 % of those that touch are found, 94 % of those "
        "that stand free.",
        particles.CARD.failures[-1],
    ),
    training_cost=(
        "81 seconds on an NVIDIA H100 that trained three seeds side by side, after the training of "
        "the ResNet-18"
    ),
    objects_phase=1,
    ranges=particles.CARD.ranges,
)
