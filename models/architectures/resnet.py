"""ResNet-18, 34 and 50, in torchvision's form (v1.5: the stride sits in the 3 x 3 convolution)."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn
from torchvision import models

from models.architectures.card import ArchitectureCard


def build_resnet18() -> nn.Module:
    """Return ResNet-18: (N, 3, 224, 224) float32 -> (N, 1000) logits. Source: arXiv:1512.03385."""
    return models.resnet18(weights=None)


def build_resnet34() -> nn.Module:
    """Return ResNet-34: (N, 3, 224, 224) float32 -> (N, 1000) logits. Source: arXiv:1512.03385."""
    return models.resnet34(weights=None)


def build_resnet50() -> nn.Module:
    """Return ResNet-50: (N, 3, 224, 224) float32 -> (N, 1000) logits. Source: arXiv:1512.03385."""
    return models.resnet50(weights=None)


def build_grey_resnet18(classes: int) -> nn.Module:
    """Return ResNet-18 for grey images: (N, 1, H, W) float32 -> (N, classes) logits."""
    network = models.resnet18(weights=None, num_classes=classes)
    network.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    return network


def _card(
    depth: int, build: Callable[[], nn.Module], parameters: int, idea: str
) -> ArchitectureCard:
    return ArchitectureCard(
        name=f"resnet{depth}",
        title=f"ResNet-{depth}",
        year=2015,
        idea=idea,
        build=build,
        channels=3,
        side=224,
        parameters=parameters,
        reference="He et al. 2016, arXiv:1512.03385",
    )


CARDS = (
    _card(
        18,
        build_resnet18,
        11_689_512,
        "Each block adds a correction to its input, so that more depth need not hurt.",
    ),
    _card(
        34,
        build_resnet34,
        21_797_672,
        "The same blocks, twice as many: deeper now trains better, not worse.",
    ),
    _card(
        50,
        build_resnet50,
        25_557_032,
        "Narrow 1 x 1 convolutions around each 3 x 3 buy depth at little cost.",
    ),
)
