"""A model whose answer is known: bright is particle, dark is background."""

from __future__ import annotations

import torch
from torch import nn

from core.types.model_card import ModelCard
from core.types.segmentation import Phase


def threshold_network() -> nn.Module:
    """Return a network whose phase is 1 exactly where the grey level is above 0.5."""
    network = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([-20.0, 20.0])[:, None, None, None])
        network.bias.copy_(torch.tensor([10.0, -10.0]))
    return network


CARD = ModelCard(
    name="threshold",
    title="Threshold",
    purpose="tests",
    phases=(Phase("background", "#000000"), Phase("particle", "#e69f00")),
    build=threshold_network,
    weights=None,
    architecture="one 1 x 1 convolution",
    mean=0.0,
    std=1.0,
    data="none",
    licence="BSD-3-Clause",
    reference="none",
    objects_phase=1,
)
