"""U-Net on the encoders of segmentation_models_pytorch and timm."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn

DECODER_CHANNELS = (256, 128, 64, 32, 16)
DEPTH = 5


def build_unet(
    encoder: str,
    classes: int,
    in_channels: int = 1,
    decoder_channels: tuple[int, ...] = DECODER_CHANNELS,
) -> nn.Module:
    """Return an untrained U-Net: (N, in_channels, H, W) float32 -> (N, classes, H, W) logits.

    ``encoder``: a name of segmentation_models_pytorch, such as "resnet18" or
    "tu-tf_efficientnet_lite0". H and W must be multiples of 32. Four ``decoder_channels`` instead
    of five leave out the encoder's deepest stage, which holds most of a ResNet's parameters.

    Source: Ronneberger et al. 2015, arXiv:1505.04597; decoder of segmentation_models_pytorch.
    """
    network = smp.Unet(
        encoder,
        encoder_weights=None,
        encoder_depth=len(decoder_channels),
        in_channels=in_channels,
        classes=classes,
        decoder_channels=decoder_channels,
    )
    if len(decoder_channels) < DEPTH and hasattr(network.encoder, "layer4"):
        network.encoder.layer4 = nn.Identity()
    return network
