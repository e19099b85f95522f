"""AlexNet, in the form that torchvision builds ("one weird trick", one column)."""

from __future__ import annotations

from torch import nn
from torchvision import models

from models.architectures.card import ArchitectureCard


def build_alexnet() -> nn.Module:
    """Return AlexNet: (N, 3, 224, 224) float32 -> (N, 1000) logits.

    Source: Krizhevsky 2014, arXiv:1404.5997; Krizhevsky et al. 2012.
    """
    return models.alexnet(weights=None)


CARDS = (
    ArchitectureCard(
        name="alexnet",
        title="AlexNet",
        year=2012,
        idea="Deep convolutions with ReLU and dropout, trained on GPUs, won ImageNet by far.",
        build=build_alexnet,
        channels=3,
        side=224,
        parameters=61_100_840,
        reference="Krizhevsky et al. 2012; this form: Krizhevsky 2014, arXiv:1404.5997",
    ),
)
