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
    "not; the seven weights of the confidence were fitted to them, to 22 other images, to 50 "
    "generated ones without particles and 24 of spheres of 10 to 18 px (by five folds over "
    "articles, F1 is 0.902 as the mean over images and 0.929 as the micro average)"
)

LIMITS = (
    "Trained on journal figures: mostly clean, well-focused images of 512 px and up. Not meant "
    "for atomic-resolution lattice images, nanowire networks, or particles under about 5 px. "
    "Its outlines lie outside the half-level edge, as those of its training masks do: disks "
    "drawn 12 to 40 px wide come out 1 to 2 px too wide. Straight rods may come out in parts."
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
        "particles", "1fae8b9db051ebf9897aadba39db8027bae6b91a7649bd46b534e9048ae0bcec"
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
        Score("F1 of objects at IoU 0.5, micro average", 0.934, KEPT, "objects_f1_iou50_micro"),
        Score("F1 of objects at IoU 0.5, mean over images", 0.907, KEPT, "objects_f1_iou50_macro"),
        Score("F1 of objects at IoU 0.75, micro average", 0.891, KEPT, "objects_f1_iou75_micro"),
        Score(
            "recall of touching objects at IoU 0.5", 0.929, KEPT, "objects_recall_iou50.touching"
        ),
        Score("recall of isolated objects at IoU 0.5", 0.930, KEPT, "objects_recall_iou50.free"),
        Score(
            "recall of objects of 10 to 30 px at IoU 0.5",
            0.894,
            KEPT,
            "objects_recall_iou50.10_to_30_px",
        ),
        Score(
            "recall of objects of 30 to 100 px at IoU 0.5",
            0.951,
            KEPT,
            "objects_recall_iou50.30_to_100_px",
        ),
        Score(
            "absolute error of the mean diameter, median over images (1 = 100 %)",
            0.031,
            KEPT,
            "mean_diameter_absolute_error_median",
        ),
        Score("IoU of particles, mean over images", 0.893, KEPT, "foreground_iou_macro"),
        Score(
            "IoU of particles, dark on bright (37 images)",
            0.877,
            KEPT,
            "foreground_iou_by_polarity.dark_on_bright",
        ),
        Score(
            "IoU of particles, bright on dark (17 images)",
            0.926,
            KEPT,
            "foreground_iou_by_polarity.bright_on_dark",
        ),
    ),
    limits=LIMITS
    + (
        " Of 25 generated spheres that touch, stand 2 px apart or overlap by 5 % of the diameter, "
        "hexagonally or at random, all 25 are counted from a diameter of 12 px on; where those of "
        "12 and 15 px overlap by 10 % in hexagonal rows, 1 to 5. Particles under 20 px are seen a "
        "second time, enlarged, which takes five times as long. Ten generated images without "
        "particles gave no object: one whose objects have a mean confidence, weighted by diameter, "
        "under 0.57 is taken to hold none (112 films and textures without particles had up to "
        "0.52 but for one of a single object, 0.88; the 76 images that chose settings or "
        "validated, 0.62 and more: `python -m research.objects.empty`). Films were trained on, "
        "and faint rings in strong noise are found less often since. Eight bars of 30 x 240 px "
        "side by side, 2 px apart or more: none is found. Outlines at the grey edge: "
        "isolated disks of 12 to 80 px come out within 2 %, spheres in transmission about 2 px too "
        "narrow; with them F1 at IoU 0.75 is 0.02 lower on the validation images, whose masks are "
        "traced wider, and 0.12 lower on the "
        "22 images that chose settings, where 101 free particles with a clear edge are traced 1.9 "
        "to 4.4 px wider than half-way up that edge (medians of eight images)."
    ),
    failures=(
        "Nine of the ten worst validation images by F1 of objects, seen by eye. Two thick rods "
        "with a rough surface: cut across, eleven objects; F1 0.15.",
        "Three rod-shaped particles, two of them touching: these come out as one, and two specks "
        "of debris count; 0.57.",
        "Holes of a perforated carbon film segmented as particles, and the rods that lie on it as "
        "background or part of a hole: 0.63, with an IoU of 0.32 the worst of all.",
        "One dark particle, found as traced, and the rim of a grey flake as another: 0.67.",
        "One large ring, found as traced, and a speck at its edge as another: 0.67.",
        "Three faint rings in strong noise: outlines ragged, and inside the dark rim: 0.67.",
        "Six dark rings in strong noise: four found, with ragged outlines; 0.73.",
        "Small rods in bundles: three that lie side by side come out as one; 0.74.",
        "Squares that overlap, some darker: outlines run elsewhere than traced; 0.84.",
        "Particles under 10 px in diameter: 6 of 13 found as an object of its own.",
    ),
    training_cost=(
        "1.1 h on two CPU cores for the phases, then 1,364 steps of 3 s beside other work, with "
        "drawn crowds that had no wires and fewer small particles than those drawn now, then 500 "
        "of 1 s, the decoder alone, a sixth of the crops films without particles "
        "(research/objects/train.py); the weights are the mean of those before and after"
    ),
    objects_phase=1,
    object_outputs=True,
    object_confidence=ObjectConfidence(
        intercept=-16.88,
        probability=17.07,
        middle=6.88,
        cut=-7.0,
        contact=10.52,
        size=0.24,
        indecision=-0.28,
        least_mean=0.57,
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
