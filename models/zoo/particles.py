"""Nanoparticles in TEM and SEM images: U-Net with an EfficientNet-Lite0 encoder."""

from functools import partial

from core.training.initialisation import efficientnet_lite0_imagenet
from core.training.recipe import Augmentation, Recipe
from models.architectures.unet import build_unet

RECIPE = Recipe(
    steps=1500,
    initialise=efficientnet_lite0_imagenet,
    masks="instances",
    group="doi",
    frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
    augmentation=Augmentation(scale=(0.5, 1.7)),
    validate_every=250,
    patience=100,
)
build = partial(build_unet, "tu-tf_efficientnet_lite0", 2, decoder_channels=(128, 64, 48, 32, 16))
