"""U-Net on the encoders of segmentation_models_pytorch and timm."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from torch import Tensor, nn

DECODER_CHANNELS = (256, 128, 64, 32, 16)
SLIM_DECODER_CHANNELS = (128, 64, 48, 32, 16)
FULL_RESOLUTION_CHANNELS = 16


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


class FullResolutionUnet(smp.Unet):
    """A U-Net whose last decoder block has a skip connection too: two convolutions of the image
    itself, as in Ronneberger's. The encoder's first features are at half the resolution, which
    loses outlines of objects a few pixels across.

    (N, 1, H, W) float32 -> (N, classes, H, W) logits, H and W multiples of 32.
    """

    def __init__(self, encoder: str, classes: int, decoder_channels: tuple[int, ...]) -> None:
        super().__init__(
            encoder,
            encoder_weights=None,
            in_channels=1,
            classes=classes,
            decoder_channels=decoder_channels,
        )
        width = FULL_RESOLUTION_CHANNELS
        self.full_resolution = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        channels = self.encoder.out_channels
        self.decoder = UnetDecoder(
            encoder_channels=(channels[0], width, *channels[1:]),
            decoder_channels=decoder_channels,
            n_blocks=len(decoder_channels),
        )
        self.initialize()

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        image, *features = self.encoder(x)
        decoded = self.decoder([image, self.full_resolution(x), *features])
        return self.segmentation_head(decoded)


def build_full_resolution_unet(classes: int) -> nn.Module:
    """Return the untrained U-Net of :func:`build_lite0_unet` with a skip connection at full
    resolution: (N, 1, H, W) float32 -> (N, classes, H, W) logits."""
    return FullResolutionUnet("tu-tf_efficientnet_lite0", classes, SLIM_DECODER_CHANNELS)
