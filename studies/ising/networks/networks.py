"""Which networks the Ising study compares; torch is imported when one is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class IsingNetwork:
    """``idea``: what it is, in one sentence.

    ``epochs``: of its training here, by the side of the lattices it is measured on. ``learn``:
    title of the page of the lecture that explains it.
    """

    name: str
    title: str
    idea: str
    epochs: Mapping[int, int]
    learn: str
    learning_rate: float = 2e-3

    @property
    def sides(self) -> tuple[int, ...]:
        return tuple(self.epochs)

    def build(self, side: int, classes: int = 2) -> nn.Module:
        """Return it untrained for lattices of this side; with 1 class it answers a number."""
        from studies.ising.networks.builders import BUILDERS

        return BUILDERS[self.name](side, classes)

    def parameters(self, side: int) -> int:
        """Return how many weights and biases it has for a lattice of this side."""
        return sum(weight.numel() for weight in self.build(side).parameters())


NETWORKS = {
    network.name: network
    for network in (
        IsingNetwork(
            "linear",
            "Linear",
            "One weight a pixel: it can only vote for up or down, and both phases have as many.",
            {16: 10, 64: 10},
            "The image problem",
        ),
        IsingNetwork(
            "mlp",
            "MLP 64-32",
            "Dense layers see all pixels and no neighbourhood.",
            {16: 30, 64: 20},
            "The image problem",
        ),
        IsingNetwork(
            "small-cnn",
            "Small CNN of the lecture",
            "One convolution of 8 kernels, then a weight for each place.",
            {16: 40},
            "Convolution",
        ),
        IsingNetwork(
            "full-cnn",
            "Full CNN of the lecture",
            "Two convolutions; 99.1 % of its weights sit in one dense layer.",
            {64: 4},
            "The image problem",
        ),
        IsingNetwork(
            "lenet5",
            "LeNet-5",
            "Convolution and pooling twice, then three dense layers.",
            {16: 20, 64: 6},
            "Architectures",
        ),
        IsingNetwork(
            "alexnet",
            "AlexNet, a quarter of the channels",
            "Five convolutions and dropout.",
            {16: 8, 64: 6},
            "Architectures",
            5e-4,
        ),
        IsingNetwork(
            "resnet18",
            "ResNet-18, a quarter of the channels",
            "Eight residual blocks and an average over the image.",
            {16: 4, 64: 3},
            "Skip connections",
        ),
        IsingNetwork(
            "symmetric",
            "98 parameters",
            "One circular convolution and an average: it respects the lattice's symmetry.",
            {16: 30, 64: 15},
            "Sharing",
            1e-2,
        ),
    )
}
