"""Which network a kept card means: builders without weights, by what the card calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import ModelError

if TYPE_CHECKING:
    from torch import nn


def _lite0_unet(outputs: int) -> nn.Module:
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(outputs)


def _full_resolution_unet(outputs: int) -> nn.Module:
    from models.architectures.unet import build_full_resolution_unet

    return build_full_resolution_unet(outputs)


def _resnet18_unet(outputs: int) -> nn.Module:
    from models.architectures.unet import SLIM_DECODER_CHANNELS, build_unet

    return build_unet("resnet18", outputs, decoder_channels=SLIM_DECODER_CHANNELS)


BUILDERS: Mapping[str, Callable[[int], nn.Module]] = MappingProxyType(
    {
        "U-Net, EfficientNet-Lite0 encoder": _lite0_unet,
        "U-Net, EfficientNet-Lite0 encoder, skip connection at full resolution": (
            _full_resolution_unet
        ),
        "U-Net, ResNet-18 encoder": _resnet18_unet,
    }
)
"""From what a card of the zoo says under ``architecture``, and the number of its outputs, to the
untrained network: (N, 1, H, W) -> (N, outputs, H, W) logits."""


@dataclass(frozen=True)
class Build:
    """Builds the network that ``architecture`` names; equal ones build equal networks."""

    architecture: str
    outputs: int

    def __call__(self) -> nn.Module:
        return BUILDERS[self.architecture](self.outputs)


def builder(architecture: str, outputs: int) -> Build:
    """Return what builds the network that ``architecture`` names, with so many outputs.

    Raises:
        ModelError: this Lamella has none of that name.
    """
    if architecture not in BUILDERS:
        raise ModelError(
            f"There is no network {architecture!r:.80} here; it must be one of "
            f"{'; '.join(BUILDERS)}. A newer Lamella may know it."
        )
    return Build(architecture, outputs)
