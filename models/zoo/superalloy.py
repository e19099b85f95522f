"""γ′ precipitates of nickel superalloys in SEM: U-Net with an EfficientNet-Lite0 encoder
and a skip connection at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard, Score, StatisticRange
from core.types.segmentation import Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (
    Phase("matrix", "#0072B2"),
    Phase("secondary γ′", "#E69F00"),
    Phase("tertiary γ′", "#009E73"),
)
VALIDATION = (
    "the 4 validation images of the set Super1, all of one spot, pooled pixels; seed and step of "
    "the first training and the skip connection at full resolution were chosen on them"
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 3, H, W) logits."""
    from models.architectures.unet import build_full_resolution_unet

    return build_full_resolution_unet(len(PHASES))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, crops centred on every phase equally
    often."""
    from core.training.augmentation import Augmentation
    from core.training.initialization import efficientnet_lite_imagenet
    from core.training.recipe import Recipe

    return Recipe(
        steps=600,
        seed=2,
        initialize=efficientnet_lite_imagenet,
        batch=6,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        averaging=0.98,
        augmentation=Augmentation(
            scale=(1.1, 2.8),
            rotation_degrees=(-45.0, 45.0),
            elastic=0.3,
            streaks=0.1,
            invert=0.4,
            noise=0.4,
            dose=(60.0, 1000.0),
            readout=(0.0, 0.04),
            on_object=0.6,
        ),
        validate_every=100,
        validation_tta_scales=(2.0,),
        patience=20,
    )


CARD = ModelCard(
    name="superalloy",
    title="Superalloy",
    purpose="Segments secondary and tertiary γ′ precipitates of a nickel superalloy in SEM images.",
    phases=PHASES,
    build=build,
    weights=weights(
        "superalloy", "83d3a96ce6655f6b504d5c1416a9e75be8059e72d2c7efbde746f8f72cc0221e"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder, skip connection at full resolution",
    mean=0.45,
    std=0.23,
    data=(
        "SEM images of a nickel superalloy, 512 x 512 px, set Super1 of "
        "nasa/pretrained-microscopy-models @ f50b568; 10 images to train, 4 to validate"
    ),
    licence=(
        "repository MIT, its benchmark images included; encoder weights Apache-2.0, pre-trained on "
        "ImageNet, whose images are for non-commercial research and education only; these weights "
        "BSD-3-Clause"
    ),
    reference="Stuckner et al. 2022, doi:10.1038/s41524-022-00878-5",
    scores=(
        Score("mean IoU over phases", 0.892, VALIDATION, "mean_iou"),
        Score("IoU of matrix", 0.958, VALIDATION, "iou.matrix"),
        Score("IoU of secondary γ′", 0.969, VALIDATION, "iou.secondary γ′"),
        Score("IoU of tertiary γ′", 0.749, VALIDATION, "iou.tertiary γ′"),
        Score("pixel accuracy", 0.979, VALIDATION, "pixel_accuracy"),
        Score("IoU over all phases, micro average (pooled)", 0.959, VALIDATION, "micro_iou"),
    ),
    limits=(
        "One alloy, one etch, one magnification. Other alloys and etchings were only imitated, "
        "by inverted contrast, blur, noise and other scales of the same images."
    ),
    failures=(
        "Outlines of tertiary precipitates, a few pixels across, off by one pixel: most of the IoU "
        "that this phase lacks.",
        "A precipitate of intermediate size segmented as secondary where the reference has "
        "tertiary.",
        "The inside of a bright hole and of a dark inclusion segmented as the wrong phase.",
    ),
    training_cost=(
        "0.3 h on one of two CPU cores, then 1,237 steps of 6 crops of 192 px, ended by the clock "
        "after 0.7 h, for the masks and for its own answers at twice the size, the mean over "
        "mirror images (research/own_size.py)"
    ),
    objects_phase=1,
    overlap_px=256,
    tta_scales=(1.0,),
    ranges=(
        StatisticRange("mean", 0.478, 0.771),
        StatisticRange("contrast", 0.116, 0.198),
        StatisticRange("skewness", -2.38, 0.173),
        StatisticRange("noise", 0.0314, 0.076),
        StatisticRange("structure_px", 8.33, 13.6),
    ),
    careful_flips=True,
    careful_scales=(1.0,),
)
