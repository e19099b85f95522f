"""VGG16: nothing but 3 x 3 convolutions and pooling."""

from __future__ import annotations

from torch import nn
from torchvision import models

from models.architectures.card import ArchitectureCard


def build_vgg16() -> nn.Module:
    """Return VGG16 without batch norm: (N, 3, 224, 224) float32 -> (N, 1000) logits.

    Source: Simonyan & Zisserman 2015, arXiv:1409.1556, configuration D.
    """
    return models.vgg16(weights=None)


CARDS = (
    ArchitectureCard(
        name="vgg16",
        title="VGG16",
        year=2014,
        idea="Stacks of 3 x 3 convolutions see as far as large ones with fewer weights.",
        build=build_vgg16,
        channels=3,
        side=224,
        parameters=138_357_544,
        reference="Simonyan & Zisserman 2015, arXiv:1409.1556",
    ),
)
