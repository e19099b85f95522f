"""Nanoparticles in TEM and SEM images, touching ones told apart: a U-Net on EfficientNet-Lite0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import OBJECT_OUTPUTS, ModelCard, ObjectConfidence, Score, StatisticRange
from core.types.segmentation import Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (Phase("background", "#0072B2"), Phase("particle", "#E69F00"))
VALIDATION = (
    "54 validation images of EMPS, no article in common with the training images; the shipped "
    "step was chosen on them"
)
KEPT = (
    "54 validation images of EMPS, no article in common with the training images; the weights that "
    "training began with were chosen on them, contact, distance, their settings and the scales "
    "not; the seven weights of the confidence were fitted to them, to 22 other images, to 400 "
    "generated ones without particles and 24 of spheres of 10 to 18 px (by five folds over "
    "articles, F1 is 0.922 as the mean over images and 0.936 as the micro average)"
)

LIMITS = (
    "Trained on journal figures: mostly clean, well-focused images of 512 px and up. Not meant "
    "for atomic-resolution lattice images, nanowire networks, or particles under about 5 px. "
    "Its outlines lie outside the half-level edge, as those of its training masks do. "
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 4, H, W) logits, of the two phases, contact
    and normalized distance."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES) + len(OBJECT_OUTPUTS))


def recipe() -> Recipe:
    """Return how it is trained: the phases from ImageNet weights, the first two stages kept, then
    the decoder on contact and normalized distance too."""
    from core.training.augmentation import Augmentation
    from core.training.initialization import efficientnet_lite_imagenet, from_scratch
    from core.training.recipe import ObjectLearning, Recipe

    phases = Recipe(
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
    return Recipe(
        steps=1364,
        initialize=from_scratch,
        masks="instances",
        group="doi",
        batch=6,
        frozen=("encoder.",),
        augmentation=Augmentation(scale=(0.5, 1.8), rotation_degrees=(-30.0, 30.0), invert=0.15),
        objects=ObjectLearning(phases),
    )


CARD = ModelCard(
    name="particles",
    title="Nanoparticles",
    purpose="Segments nanoparticles on their support in TEM and SEM images, dark or bright.",
    phases=PHASES,
    build=build,
    weights=weights(
        "particles", "905e8ac2b74854a7302a3cd26b11f51ca8d21dcb427a73f89161f12deb64c655"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data=(
        "EMPS: electron micrographs of nanoparticles from journal figures, by256/emps @ dd8f86d "
        "(366 images, 512 px and up); 312 images to train, of which"
        " 22 chose the settings of objects, 54 to validate, split by article; drawn crowds of "
        "particles"
    ),
    licence=(
        "repository MIT; its images are figures of journals, © their publishers; encoder weights "
        "Apache-2.0, pre-trained on ImageNet, whose images are for non-commercial research and "
        "education only; these weights BSD-3-Clause"
    ),
    reference="Yildirim and Cole 2021, doi:10.1021/acs.jcim.0c01455",
    scores=(
        Score("F1 of objects at IoU 0.5, micro average", 0.940, KEPT, "objects_f1_iou50_micro"),
        Score("F1 of objects at IoU 0.5, mean over images", 0.930, KEPT, "objects_f1_iou50_macro"),
        Score("F1 of objects at IoU 0.75, micro average", 0.912, KEPT, "objects_f1_iou75_micro"),
        Score(
            "recall of touching objects at IoU 0.5", 0.922, KEPT, "objects_recall_iou50.touching"
        ),
        Score("recall of isolated objects at IoU 0.5", 0.932, KEPT, "objects_recall_iou50.free"),
        Score(
            "recall of objects of 10 to 30 px at IoU 0.5",
            0.885,
            KEPT,
            "objects_recall_iou50.10_to_30_px",
        ),
        Score(
            "recall of objects of 30 to 100 px at IoU 0.5",
            0.949,
            KEPT,
            "objects_recall_iou50.30_to_100_px",
        ),
        Score(
            "absolute error of the mean diameter, median over images (1 = 100 %)",
            0.026,
            KEPT,
            "mean_diameter_absolute_error_median",
        ),
        Score("IoU of particles, mean over images", 0.900, KEPT, "foreground_iou_macro"),
        Score(
            "IoU of particles, dark on bright (37 images)",
            0.886,
            KEPT,
            "foreground_iou_by_polarity.dark_on_bright",
        ),
        Score(
            "IoU of particles, bright on dark (17 images)",
            0.930,
            KEPT,
            "foreground_iou_by_polarity.bright_on_dark",
        ),
    ),
    limits=LIMITS
    + (
        "Disks drawn 12 to 80 px wide come out 1.3 to 2.3 px too wide. Rods with a rough surface "
        "may come out in parts. Of 25 generated spheres that touch, stand 2 px apart or overlap "
        "by 5 % of the diameter, hexagonally or at random, all 25 are counted from a diameter of "
        "12 px on; where they overlap by 10 % in hexagonal rows, none of 12 px, 3 of 15 px and 19 "
        "of 25 px. Particles under 20 px are seen a second time, enlarged, which takes five times "
        "as long. Ten generated images without particles gave no object: one whose objects have "
        "a mean confidence, weighted by diameter, under 0.6 is taken to hold none (of 112 films "
        "and textures without particles, two had more, up to 0.70; the 76 images that chose "
        "settings or validated, 0.66 and more: `python -m research.objects.empty`). Outlines at "
        "the grey edge: isolated disks of 12 to 80 px come out within 2 %, spheres in "
        "transmission about 2 px too narrow; with them F1 at IoU 0.75 is lower on the images "
        "that validated and chose settings, whose masks are traced wider: on the latter 101 free "
        "particles with a clear edge are traced 1.9 to 4.4 px wider than half-way up that edge "
        "(medians of eight images)."
    ),
    failures=(
        "The ten worst validation images by F1 of objects, seen by eye. Two thick rods with a "
        "rough surface: one cut in two, and the end of it at the edge of the image; F1 0.33.",
        "Holes of a perforated carbon film segmented as particles, and the rods that lie on it cut "
        "where they lie across a hole: 0.67, with an IoU of 0.32 the worst of all.",
        "One dark particle, found as traced, and the rim of a grey flake as another: 0.67.",
        "Six spindles in strong noise: two that cross come out as one; 0.73.",
        "Small rods in bundles: two or three that lie side by side come out as one; 0.75.",
        "Three rods, as traced, and two specks of debris: 0.75.",
        "Squares that overlap, some darker: one found of two, dark ones at the edge missed; 0.78.",
        "A monolayer of grains of uneven grey: some cut at a dark part, others too small; 0.83.",
        "Hollow outlines of crystals at the edge of the image missed: 0.89.",
        "Six dark rings in strong noise, the one that the edge cuts missed: 0.91.",
        "Particles under 10 px in diameter: 4 of 13 found as an object of its own.",
    ),
    training_cost=(
        "1.1 h on two CPU cores for the phases, then 1,364 steps of 3 s beside other work, with "
        "drawn crowds that had no wires and fewer small particles than those drawn now, then 500 "
        "of 1 s, the decoder alone, a sixth of the crops films without particles; from these on, "
        "encoder and decoder but for the first two stages, 5 crops of 320 px a step, 1,300 steps, "
        "and from there twice 1,040 of 1.8 s from other seeds (research/objects/train.py). "
        "The weights are the mean of those before the encoder learned and of the last two runs "
        "(research/average.py), which the 22 images that chose settings preferred to six other "
        "means and runs"
    ),
    temperature=1.72,
    objects_phase=1,
    object_outputs=True,
    object_confidence=ObjectConfidence(
        intercept=-14.14,
        probability=9.74,
        middle=12.27,
        cut=-6.75,
        contact=8.94,
        size=0.19,
        indecision=-0.57,
        least_mean=0.6,
    ),
    tta_scales=(0.85,),
    fine_scale=1.7,
    ranges=(
        StatisticRange("mean", 0.0371, 0.931),
        StatisticRange("contrast", 0.0772, 0.38),
        StatisticRange("skewness", -6.55, 10.9),
        StatisticRange("noise", 0.000622, 0.0716),
        StatisticRange("structure_px", 1.72, 203.0),
    ),
)
