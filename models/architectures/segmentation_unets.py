"""The U-Nets that are shown as architectures; the builder is in ``unet``."""

from __future__ import annotations

from functools import partial

from models.architectures.card import ArchitectureCard
from models.architectures.unet import build_unet


def _card(encoder: str, title: str, parameters: int, idea: str) -> ArchitectureCard:
    return ArchitectureCard(
        name=f"unet-{encoder.removeprefix('tu-tf_').replace('_', '-')}",
        title=title,
        year=2015,
        idea=idea,
        build=partial(build_unet, encoder, classes=2),
        channels=1,
        side=None,
        multiple=32,
        parameters=parameters,
        reference="Ronneberger et al. 2015, arXiv:1505.04597",
    )


CARDS = (
    _card(
        "resnet18",
        "U-Net on ResNet-18",
        14_322_082,
        "A decoder brings the coarse answer back to every pixel; skips carry the fine outlines.",
    ),
    _card(
        "resnet34",
        "U-Net on ResNet-34",
        24_430_242,
        "The same decoder on a deeper encoder sees nearly twice as far.",
    ),
    _card(
        "tu-tf_efficientnet_lite0",
        "U-Net on EfficientNet-Lite0",
        5_197_730,
        "Depthwise convolutions make the encoder small; the decoder stays the same.",
    ),
)
