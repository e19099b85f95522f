"""Oxide layer and cracks of an environmental barrier coating in SEM: U-Net with a Lite0 encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard, Score, StatisticRange
from core.types.segmentation import Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (
    Phase("background", "#0072B2"),
    Phase("oxide layer", "#E69F00"),
    Phase("crack", "#56B4E9"),
)
VALIDATION = (
    "the 2 validation images of the set EBC1, pooled pixels; other fields of their specimens are "
    "among the training images, and the shipped step and seed, the recipe and the test-time scales "
    "were chosen on them"
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 3, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, on crops that keep up and down.

    The layer differs from the substrate below by where it lies more than by its grey level, so
    crops are shrunk: they show the coating above the layer and the substrate under it.
    """
    from core.training.augmentation import Augmentation
    from core.training.initialization import efficientnet_lite_imagenet
    from core.training.recipe import Recipe

    return Recipe(
        steps=700,
        initialize=efficientnet_lite_imagenet,
        batch=6,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        averaging=0.98,
        augmentation=Augmentation(
            scale=(0.35, 0.9),
            rotation_degrees=(-12.0, 12.0),
            upright=True,
            invert=0.0,
            gamma=(0.7, 1.4),
            contrast=(0.7, 1.2),
            brightness=(-0.1, 0.1),
            blur=0.15,
            blur_sigma_px=(0.4, 1.0),
            noise=0.3,
            dose=(100.0, 2000.0),
            readout=(0.0, 0.03),
            on_object=0.6,
        ),
        validate_every=100,
        validation_tta_scales=(0.5, 0.75, 1.0),
        patience=20,
    )


CARD = ModelCard(
    name="coating",
    title="Barrier coating",
    purpose=(
        "Segments the oxide layer of an environmental barrier coating and its cracks in SEM images."
    ),
    phases=PHASES,
    build=build,
    weights=weights("coating", "1e44c14f1f4531e267b3381c2c57489fd7270f29437980e3473b17a82fd3b8d2"),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data=(
        "EBC1: SEM images of environmental barrier coatings in cross-section, 1024 x 1024 px, "
        "of nasa/pretrained-microscopy-models @ f50b568; 12 images to train, 2 to validate, the "
        "authors' split"
    ),
    licence=(
        "repository MIT, its benchmark images included; encoder weights Apache-2.0, pre-trained on "
        "ImageNet, whose images are for non-commercial research and education only; these weights "
        "BSD-3-Clause"
    ),
    reference="Stuckner et al. 2022, doi:10.1038/s41524-022-00878-5",
    scores=(
        Score("IoU of the oxide layer", 0.950, VALIDATION, "iou.oxide layer"),
        Score("IoU of cracks", 0.548, VALIDATION, "iou.crack"),
        Score("mean IoU over phases", 0.828, VALIDATION, "mean_iou"),
        Score("pixel accuracy", 0.988, VALIDATION, "pixel_accuracy"),
        Score("IoU over all phases, micro average (pooled)", 0.977, VALIDATION, "micro_iou"),
        Score("boundary F1 of cracks within 2 px", 0.812, VALIDATION, "boundary_f1_2px.crack"),
    ),
    limits=(
        "The coating must lie above the substrate and be brighter, as in the training images: "
        "after rotation by 90° and 180° the foreground IoU falls from 0.96 to 0.59 and 0.52, and "
        "with inverted contrast hardly anything is found. Two validation images are few: another "
        "two could score quite differently. One kind of coating and one microscope."
    ),
    failures=(
        "Hairline cracks, and parts of a crack that run through pores, missed. Cracks are "
        "fragmented, in the masks too, so their number means less than their area.",
        "The lower edge of the layer, where the oxide grows into the substrate or the two are "
        "equally grey: off by about ten px, a bulge of 80 px missed.",
        "The upper edge placed inside the rough zone under the coating.",
        "A dark gap inside the layer segmented as a crack, or as background.",
    ),
    objects_phase=2,
    training_cost="0.3 h on one of two CPU cores",
    ranges=(
        StatisticRange("mean", 0.231, 0.624),
        StatisticRange("contrast", 0.143, 0.357),
        StatisticRange("skewness", -1.27, 3.15),
        StatisticRange("noise", 0.00458, 0.0147),
        StatisticRange("structure_px", 48.9, 343.0),
    ),
    overlap_px=128,
    tta_scales=(0.75,),
    careful_flips=True,
    careful_scales=(0.5, 0.75, 1.0),
    upright=True,
)
