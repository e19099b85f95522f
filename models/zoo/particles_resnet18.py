"""Nanoparticles with a ResNet-18 encoder, the textbook network, distilled from `particles`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import ModelCard, Score
from models.weights import weights
from models.zoo import particles

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

VALIDATION = f"{particles.VALIDATION}, as was the seed"


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 2, H, W) logits."""
    from models.architectures.unet import SLIM_DECODER_CHANNELS, build_unet

    return build_unet("resnet18", len(particles.PHASES), decoder_channels=SLIM_DECODER_CHANNELS)


def teacher() -> nn.Module:
    """Return the trained network of `particles` without its outputs about objects."""
    from models.weights_file import trained, without_outputs_of_objects

    return without_outputs_of_objects(particles.CARD, trained(particles.CARD))


def recipe() -> Recipe:
    """Return how it is trained: first the feature maps of `particles`, then the masks."""
    from core.training.augmentation import Augmentation
    from core.training.initialization import from_scratch
    from core.training.recipe import Distillation, FeatureDistillation, Recipe

    return Recipe(
        steps=1600,
        seed=3,
        initialize=from_scratch,
        masks="instances",
        group="doi",
        learning_rate=4e-4,
        augmentation=Augmentation(scale=(0.5, 1.7)),
        feature_distillation=FeatureDistillation(teacher, steps=3000),
        distillation=Distillation(teacher),
        validate_every=200,
        patience=12,
    )


CARD = ModelCard(
    name="particles-resnet18",
    title="Nanoparticles, ResNet-18",
    purpose="The task of Nanoparticles with a ResNet-18 encoder, for comparison and inspection.",
    phases=particles.PHASES,
    build=build,
    weights=weights(
        "particles-resnet18", "8908714b2fea3fae44d54b1b058eab94f45be9df19c1bc4bb3e8bb361dd00a98"
    ),
    architecture="U-Net, ResNet-18 encoder",
    mean=particles.CARD.mean,
    std=particles.CARD.std,
    data=particles.CARD.data,
    licence=particles.CARD.licence,
    reference=particles.CARD.reference,
    scores=(
        Score(
            "F1 of objects at IoU 0.5, micro average", 0.730, VALIDATION, "objects_f1_iou50_micro"
        ),
        Score(
            "absolute error of the mean diameter, mean over images (1 = 100 %)",
            0.270,
            VALIDATION,
            "mean_diameter_absolute_error",
        ),
        Score(
            "IoU of particles, mean over images",
            0.887,
            VALIDATION,
            "foreground_iou_macro",
        ),
        Score(
            "IoU of particles, dark on bright (37 images)",
            0.873,
            VALIDATION,
            "foreground_iou_by_polarity.dark_on_bright",
        ),
        Score(
            "IoU of particles, bright on dark (17 images)",
            0.916,
            VALIDATION,
            "foreground_iou_by_polarity.bright_on_dark",
        ),
    ),
    limits=particles.LIMITS,
    failures=(
        "Holes of a perforated carbon film segmented as particles: IoU 0.32, the worst image.",
        "Black particles beside grey ones missed, and the inside of grey ones: IoU 0.63, where "
        "`particles` has 0.80.",
        "Touching particles merged or split: 57 % of those that touch are found, 92 % of those "
        "that stand free.",
        "Flakes and debris beside particles of the same brightness, and letters and scale bars "
        "that are part of the figure, segmented as particles.",
        "Hollow particles of low contrast in strong noise: ragged outlines, missing parts.",
        "Overlapping or much darker particles among grey ones: parts of their inside missed.",
        "Particles under 10 px in diameter: none of 13 found as an object of its own.",
    ),
    training_cost=(
        "4 minutes on an NVIDIA H100 that trained three seeds side by side, with feature "
        "distillation"
    ),
    objects_phase=1,
    ranges=particles.CARD.ranges,
)
