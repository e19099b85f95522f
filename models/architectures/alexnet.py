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
        year=2014,
        idea="Deep convolutions with ReLU and dropout, trained on GPUs, won ImageNet 2012 by far. "
        "Shown is torchvision's form of 2014 with 61,100,840 parameters; the network of 2012 has "
        "60,965,224 in two groups, 62,378,344 ungrouped.",
        build=build_alexnet,
        channels=3,
        side=224,
        parameters=61_100_840,
        reference="Krizhevsky et al. 2012, NeurIPS 25; this form: Krizhevsky 2014, arXiv:1404.5997",
    ),
)
