"""LeNet-5, as it was in 1998 and as it is built today.

Source: LeCun, Bottou, Bengio & Haffner 1998, Proceedings of the IEEE 86(11), section II.B and
table I, doi 10.1109/5.726791.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.card import ArchitectureCard

# Table I of the paper: the maps of S2 that each of the 16 maps of C3 looks at.
C3_INPUTS = (
    *[(i, (i + 1) % 6, (i + 2) % 6) for i in range(6)],
    *[tuple(sorted((i + k) % 6 for k in range(4))) for i in range(6)],
    *[tuple(sorted((i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6))) for i in range(3)],
    (0, 1, 2, 3, 4, 5),
)

# Segments of a seven-segment digit: top, upper left, upper right, middle, lower left, lower right,
# bottom.
_SEGMENTS = (
    "1110111", "0010010", "1011101", "1011011", "0111010",
    "1101011", "1101111", "1010010", "1111111", "1111011",
)  # fmt: skip


class ScaledTanh(nn.Module):
    """The paper's squashing function, 1.7159 tanh(2/3 x), so that f(1) = 1 and f(-1) = -1."""

    kind = "scaled tanh"

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class TrainableSubsampling(nn.Module):
    """Sum of 2 x 2 neighbours, times one coefficient and plus one bias a map."""

    kind = "trainable subsampling 2x2"

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.full((channels,), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        total = 4 * functional.avg_pool2d(x, 2)
        return total * self.coefficient[:, None, None] + self.bias[:, None, None]


class TableConvolution(nn.Module):
    """A 5 x 5 convolution whose maps each look at some of the input maps only.

    ``inputs``: for each output map, the input maps it looks at.
    """

    kind = "convolution 5x5 by table"

    def __init__(self, channels: int, inputs: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        self.channels = channels
        self.inputs = inputs
        self.bias = nn.Parameter(torch.zeros(len(inputs)))
        for index, maps in enumerate(inputs):
            values = torch.empty(1, len(maps), 5, 5)
            nn.init.kaiming_uniform_(values, a=math.sqrt(5))
            self.register_parameter(f"weight_{index}", nn.Parameter(values))

    @property
    def weight(self) -> Tensor:
        """(maps, channels, 5, 5) with zeros where there is no connection."""
        whole = torch.zeros(len(self.inputs), self.channels, 5, 5)
        for index, maps in enumerate(self.inputs):
            whole[index, list(maps)] = self._values(index)[0].detach().cpu()
        return whole

    def forward(self, x: Tensor) -> Tensor:
        maps = [
            functional.conv2d(torch.cat([x[:, i : i + 1] for i in maps], 1), self._values(index))
            for index, maps in enumerate(self.inputs)
        ]
        return torch.cat(maps, 1) + self.bias[:, None, None]

    def _values(self, index: int) -> Tensor:
        return self.get_parameter(f"weight_{index}")


class DistanceToCodes(nn.Module):
    """Minus the squared distance to a fixed code of 84 = 7 x 12 values for each digit.

    The paper drew its codes by hand; these are seven-segment digits. Minus, so that the largest
    output wins, as in every other network here.
    """

    kind = "distance to fixed codes"
    codes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("codes", torch.stack([_digit(bits) for bits in _SEGMENTS]))

    def forward(self, x: Tensor) -> Tensor:
        return -((x[:, None] - self.codes) ** 2).sum(2)


def _digit(bits: str) -> Tensor:
    """Return a digit of 12 rows and 7 columns as +1 and -1, (84,)."""
    picture = torch.full((12, 7), -1.0)
    places = (
        (slice(1, 2), slice(1, 6)),
        (slice(1, 6), slice(1, 2)),
        (slice(1, 6), slice(5, 6)),
        (slice(5, 6), slice(1, 6)),
        (slice(6, 11), slice(1, 2)),
        (slice(6, 11), slice(5, 6)),
        (slice(10, 11), slice(1, 6)),
    )
    for bit, place in zip(bits, places, strict=True):
        if bit == "1":
            picture[place] = 1.0
    return picture.flatten()


def build_lenet_1998() -> nn.Module:
    """Return LeNet-5 as published: (N, 1, 32, 32) float32 -> (N, 10), 60,000 trainable values."""
    return nn.Sequential(
        OrderedDict(
            c1=nn.Conv2d(1, 6, 5),
            s2=TrainableSubsampling(6),
            squash2=ScaledTanh(),
            c3=TableConvolution(6, C3_INPUTS),
            s4=TrainableSubsampling(16),
            squash4=ScaledTanh(),
            c5=nn.Conv2d(16, 120, 5),
            squash5=ScaledTanh(),
            flatten=nn.Flatten(),
            f6=nn.Linear(120, 84),
            squash6=ScaledTanh(),
            output=DistanceToCodes(),
        )
    )


def build_lenet() -> nn.Module:
    """Return today's LeNet-5: (N, 1, 32, 32) float32 -> (N, 10) logits, 61,706 parameters."""
    return nn.Sequential(
        OrderedDict(
            c1=nn.Conv2d(1, 6, 5),
            relu1=nn.ReLU(),
            s2=nn.MaxPool2d(2),
            c3=nn.Conv2d(6, 16, 5),
            relu3=nn.ReLU(),
            s4=nn.MaxPool2d(2),
            c5=nn.Conv2d(16, 120, 5),
            relu5=nn.ReLU(),
            flatten=nn.Flatten(),
            f6=nn.Linear(120, 84),
            relu6=nn.ReLU(),
            output=nn.Linear(84, 10),
        )
    )


_REFERENCE = "LeCun et al. 1998, doi 10.1109/5.726791"

CARDS = (
    ArchitectureCard(
        name="lenet5-1998",
        title="LeNet-5 (1998)",
        year=1998,
        idea="Shared local filters and subsampling, trained together with the classifier. The "
        "lecture dates LeNet-5 to 1995, when LeCun et al. first compared it with others; the "
        "paper that describes it is of 1998.",
        build=build_lenet_1998,
        channels=1,
        side=32,
        parameters=60_000,
        reference=_REFERENCE,
    ),
    ArchitectureCard(
        name="lenet5",
        title="LeNet-5 (as built today)",
        year=1998,
        idea="The same chain with full connections, ReLU, max pooling and a dense output.",
        build=build_lenet,
        channels=1,
        side=32,
        parameters=61_706,
        reference=_REFERENCE,
    ),
)
