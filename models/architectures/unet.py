"""U-Net on the encoders of segmentation_models_pytorch and timm."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn

DECODER_CHANNELS = (256, 128, 64, 32, 16)
SLIM_DECODER_CHANNELS = (128, 64, 48, 32, 16)


def build_unet(
    encoder: str,
    classes: int,
    in_channels: int = 1,
    decoder_channels: tuple[int, ...] = DECODER_CHANNELS,
) -> nn.Module:
    """Return an untrained U-Net: (N, in_channels, H, W) float32 -> (N, classes, H, W) logits.

    ``encoder``: a name of segmentation_models_pytorch, such as "resnet18" or
    "tu-tf_efficientnet_lite0". H and W must be multiples of the encoder's stride, 32.

    Source: Ronneberger et al. 2015, arXiv:1505.04597; decoder of segmentation_models_pytorch.
    """
    return smp.Unet(
        encoder,
        encoder_weights=None,
        in_channels=in_channels,
        classes=classes,
        decoder_channels=decoder_channels,
    )


def build_lite0_unet(classes: int) -> nn.Module:
    """Return the untrained U-Net of most models of the zoo, an EfficientNet-Lite0 encoder and a
    slim decoder: (N, 1, H, W) float32 -> (N, classes, H, W) logits.

    Source of the encoder: Tan and Le 2019, arXiv:1905.11946, in timm's lite variant.
    """
    return build_unet("tu-tf_efficientnet_lite0", classes, decoder_channels=SLIM_DECODER_CHANNELS)
