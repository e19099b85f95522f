"""Microconstituents of ultrahigh-carbon steel in SEM: U-Net with an EfficientNet-Lite0 encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard, Score, StatisticRange
from core.types.segmentation import Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (
    Phase("ferritic matrix", "#0072B2"),
    Phase("cementite network", "#E69F00"),
    Phase("spheroidized cementite particles", "#009E73"),
    Phase("Widmanstätten cementite", "#CC79A7"),
)
VALIDATION = (
    "the 4 validation images of the split in lei-bo/MatSeg @ 1e1aeda, pooled pixels; the seed and "
    "step of the first training, the mean with the second and the test-time scales were chosen on "
    "them. Turned by 90° the same images score less than by 180°: see the robustness"
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 4, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, crops centred on every phase equally
    often."""
    from core.training.augmentation import Augmentation
    from core.training.initialization import efficientnet_lite_imagenet
    from core.training.recipe import Recipe

    return Recipe(
        steps=800,
        seed=3,
        initialize=efficientnet_lite_imagenet,
        batch=6,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        averaging=0.99,
        augmentation=Augmentation(
            scale=(1.0, 1.9),
            rotation_degrees=(-45.0, 45.0),
            invert=0.0,
            gamma=(0.7, 1.4),
            contrast=(0.7, 1.2),
            brightness=(-0.1, 0.1),
            blur=0.2,
            blur_sigma_px=(0.4, 1.0),
            noise=0.3,
            dose=(100.0, 2000.0),
            readout=(0.0, 0.03),
            shading_amplitude=(0.05, 0.2),
            on_object=0.6,
        ),
        validate_every=100,
        validation_tta_scales=(1.4,),
        patience=20,
    )


CARD = ModelCard(
    name="carbon-steel",
    title="Carbon steel",
    purpose="Segments the four microconstituents of etched ultrahigh-carbon steel in SEM images.",
    phases=PHASES,
    build=build,
    weights=weights(
        "carbon-steel", "b342906d746e0e09c22ad0f55d79a299bf58c3c2471b185ed2a972bb4abe7ea3"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data=(
        "UHCS: SEM images of ultrahigh-carbon steel, 645 x 484 px, of the public NIST/CMU UHCSDB, "
        "labels of lei-bo/MatSeg @ 1e1aeda; 16 images to train, 4 to validate, the authors' split"
    ),
    licence=(
        "repository MIT; its images are UHCSDB's, for which we found no licence stated; encoder "
        "weights Apache-2.0, pre-trained on ImageNet, whose images are for non-commercial research "
        "and education only; these weights BSD-3-Clause"
    ),
    reference="DeCost et al. 2019, doi:10.1017/S1431927618015635",
    scores=(
        Score("mean IoU over phases", 0.819, VALIDATION, "mean_iou"),
        Score("IoU of ferritic matrix", 0.953, VALIDATION, "iou.ferritic matrix"),
        Score("IoU of cementite network", 0.932, VALIDATION, "iou.cementite network"),
        Score(
            "IoU of spheroidized cementite particles",
            0.792,
            VALIDATION,
            "iou.spheroidized cementite particles",
        ),
        Score("IoU of Widmanstätten cementite", 0.598, VALIDATION, "iou.Widmanstätten cementite"),
        Score("pixel accuracy", 0.962, VALIDATION, "pixel_accuracy"),
    ),
    limits=(
        "One alloy, one etch, one microscope: secondary electrons, 39 to 388 nm per pixel, most "
        "194. The training data holds no other steels, optical micrographs or pearlite. Not for "
        "inverted contrast, where the mean IoU falls to 0.47."
    ),
    failures=(
        "Single laths of Widmanstätten cementite segmented as spheroidized particles, and "
        "elongated particles as laths: the phase with the lowest IoU.",
        "The bright rim of a pit segmented as cementite network.",
        "Islands of matrix inside the network, which the reference of one image fills in: counted "
        "as errors.",
        "Outlines of spheroidized particles off by one pixel, where most are a few pixels across: "
        "of 57,906 traced in the 20 images the median is 2.3 px, 85 % are under 5 px and 98 % "
        "under 10 px, so their number and sizes are not to be trusted.",
    ),
    training_cost=(
        "0.4 h on one of two CPU cores, then 2,515 steps of 3 crops of 256 px, planned as "
        "2,700 and ended by the clock, in 0.6 h of processor time (research/steel/train.py); the "
        "weights are the mean of those before and after"
    ),
    objects_phase=2,
    pixel_range_nm=(38.76, 387.6),
    overlap_px=128,
    tta_scales=(1.4,),
    ranges=(
        StatisticRange("mean", 0.316, 0.471),
        StatisticRange("contrast", 0.147, 0.236),
        StatisticRange("skewness", 0.798, 1.68),
        StatisticRange("noise", 0.0247, 0.0894),
        StatisticRange("structure_px", 1.34, 16.8),
    ),
    careful_flips=True,
    careful_scales=(1.8,),
)
