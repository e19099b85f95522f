"""Nanoparticles in TEM and SEM images: U-Net with an EfficientNet-Lite0 encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import ModelCard, Phase, Score, StatisticRange
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
VALIDATION = (
    "54 validation images of EMPS, no article in common with the training images; the shipped "
    "step was chosen on them"
)
AT_THREE = f"{VALIDATION}, as were the test-time scales, among 56 sets of one to four"


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 2, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, the first two stages kept."""
    from core.training.augmentation import Augmentation
    from core.training.initialization import efficientnet_lite_imagenet
    from core.training.recipe import Recipe

    return Recipe(
        steps=1500,
        initialize=efficientnet_lite_imagenet,
        masks="instances",
        group="doi",
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        augmentation=Augmentation(scale=(0.5, 1.7)),
        validate_every=250,
        validation_tta_scales=(1.0,),
        patience=6,
    )


CARD = ModelCard(
    name="particles",
    title="Nanoparticles",
    purpose="Segments nanoparticles on their support in TEM and SEM images, dark or bright.",
    phases=PHASES,
    build=build,
    weights=weights(
        "particles", "04b96018ba3dcfbe2e6f5c2650509abcfabd9e6eb2ed0e555eaaae0e720bd800"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data=(
        "EMPS: electron micrographs of nanoparticles from journal figures, by256/emps @ dd8f86d "
        "(366 images, 512 px and up); 312 images to train, 54 to validate, split by article"
    ),
    licence=(
        "repository MIT, images © their publishers; encoder weights Apache-2.0, pre-trained on "
        "ImageNet (non-commercial research and educational use); these weights BSD-3-Clause"
    ),
    reference="Yildirim and Cole 2021, doi:10.1021/acs.jcim.0c01455",
    scores=(
        Score(
            "absolute error of the mean diameter, mean over images (1 = 100 %)",
            0.353,
            AT_THREE,
            "mean_diameter_absolute_error",
        ),
        Score("F1 of objects at IoU 0.5, micro average", 0.639, AT_THREE, "objects_f1_iou50_micro"),
        Score("IoU of particles, mean over images", 0.902, AT_THREE, "foreground_iou_macro"),
        Score(
            "IoU of particles, dark on bright (37 images)",
            0.891,
            AT_THREE,
            "foreground_iou_by_polarity.dark_on_bright",
        ),
        Score(
            "IoU of particles, bright on dark (17 images)",
            0.925,
            AT_THREE,
            "foreground_iou_by_polarity.bright_on_dark",
        ),
    ),
    limits=(
        "Trained on journal figures: mostly clean, well-focused images of 512 px and up. Not meant "
        "for atomic-resolution lattice images, nanowire networks, or particles under about 5 px."
    ),
    failures=(
        "Holes of a perforated carbon film segmented as particles, and the particles on it as "
        "background: IoU 0.31, the worst image.",
        "Flakes and debris beside particles of the same brightness, and letters and scale bars "
        "that are part of the figure, segmented as particles.",
        "Hollow particles of low contrast in strong noise: ragged outlines, missing parts.",
        "Overlapping or much darker particles among grey ones: parts of their inside missed.",
        "Touching particles are merged or split, so the F1 of objects stays well below the IoU of "
        "the phase.",
    ),
    training_cost="1.1 h on two CPU cores",
    objects_phase=1,
    tta_scales=(0.6, 0.85, 1.0),
    ranges=(
        StatisticRange("mean", 0.0371, 0.931),
        StatisticRange("contrast", 0.0772, 0.38),
        StatisticRange("skewness", -6.55, 10.9),
        StatisticRange("noise", 0.000622, 0.0716),
        StatisticRange("structure_px", 1.72, 203.0),
    ),
)
