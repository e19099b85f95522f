"""Pre-training on micrographs: one U-Net that learned the tasks of five models at once.

`lamella train NAME --init micrographs` starts from it. ``research.micrographs`` trained it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard
from models import zoo
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

TASKS = ("particles", "carbon-steel", "superalloy", "coating", "grains")
"""The models whose tasks it learned, in the order of its phases."""


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, phases of all tasks, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(CARD.phases))


CARD = ModelCard(
    name="micrographs",
    title="Micrograph pre-training",
    purpose="Pre-trained on five kinds of micrographs, to initialize networks for others.",
    phases=tuple(phase for name in TASKS for phase in zoo.card(name).phases),
    build=build,
    weights=weights(
        "micrographs", "e6ac776451ca83ea15b5ee3c722ab42d5abdb968ed7801951b6fa5ec2a08d0ec"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    # Each task normalizes its own images.
    mean=0.0,
    std=1.0,
    data="the training images of particles, carbon-steel, superalloy and coating; synthetic grains",
    licence="data MIT or made here; encoder weights Apache-2.0; these weights BSD-3-Clause",
    reference="Caruana 1997, doi:10.1023/A:1007379606734",
    training_cost="23 minutes on one of two CPU cores",
)
