"""γ′ precipitates of nickel superalloys in SEM: U-Net with an EfficientNet-Lite0 encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import ModelCard, Phase, Score, StatisticRange
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
    "the 4 validation images of the set Super1, all of one spot, one confusion matrix over all; "
    "they also chose the step that is shipped and the magnification"
)


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 3, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, crops centred on each phase alike."""
    from core.training.initialisation import efficientnet_lite0_imagenet
    from core.training.recipe import Augmentation, Recipe

    return Recipe(
        steps=350,
        initialise=efficientnet_lite0_imagenet,
        batch=6,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        averaging=0.98,
        augmentation=Augmentation(scale=(0.9, 2.4)),
        validate_every=50,
        patience=9,
    )


CARD = ModelCard(
    name="superalloy",
    title="Superalloy",
    purpose="Separates secondary and tertiary γ′ precipitates from the matrix in SEM.",
    phases=PHASES,
    build=build,
    weights=weights(
        "superalloy", "532397f17d42600b3067a6cbfafcee4973cced1201faedbe9421d26707c49f12"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data=(
        "SEM images of a nickel superalloy, 512 x 512 px, set Super1 of "
        "nasa/pretrained-microscopy-models @ f50b568; 10 images to train, 4 to validate"
    ),
    licence="data MIT; encoder weights Apache-2.0; these weights BSD-3-Clause",
    reference="Stuckner et al. 2022, doi:10.1038/s41524-022-00878-5",
    scores=(
        Score("mean IoU over classes", 0.879, VALIDATION, "mean_iou"),
        Score("IoU of matrix", 0.951, VALIDATION, "iou.matrix"),
        Score("IoU of secondary γ′", 0.965, VALIDATION, "iou.secondary γ′"),
        Score("IoU of tertiary γ′", 0.722, VALIDATION, "iou.tertiary γ′"),
        Score("pixel accuracy", 0.976, VALIDATION, "pixel_accuracy"),
    ),
    limits=(
        "One alloy, one etch, one magnification. Other alloys and etchings were seen only as far "
        "as inverted contrast, blur, noise and other magnifications of the same images go."
    ),
    failures=(
        "Outlines of tertiary precipitates, a few pixels wide, off by a pixel: most of the missing "
        "IoU of that phase.",
        "A precipitate between the two sizes called secondary where the reference says tertiary.",
        "A bright hole and a dark inclusion: their insides given to the wrong phase.",
    ),
    training_cost="0.2 h on one of two CPU cores",
    objects_phase=1,
    magnifications=(1.5,),
    ranges=(
        StatisticRange("mean", 0.478, 0.771),
        StatisticRange("contrast", 0.116, 0.198),
        StatisticRange("skewness", -2.38, 0.173),
        StatisticRange("noise", 0.0314, 0.076),
        StatisticRange("structure_px", 8.33, 13.6),
    ),
    mirrored=True,
)
