"""Small networks whose numbers fit on a blackboard."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.card import ArchitectureCard


def build_tiny_vgg(classes: int = 10) -> nn.Module:
    """Return Tiny VGG: (N, 3, 64, 64) float32 -> (N, classes) logits.

    Source: Wang et al. 2020, CNN Explainer, arXiv:2004.15004.
    """
    return nn.Sequential(
        OrderedDict(
            conv_1_1=nn.Conv2d(3, 10, 3),
            relu_1_1=nn.ReLU(),
            conv_1_2=nn.Conv2d(10, 10, 3),
            relu_1_2=nn.ReLU(),
            max_pool_1=nn.MaxPool2d(2),
            conv_2_1=nn.Conv2d(10, 10, 3),
            relu_2_1=nn.ReLU(),
            conv_2_2=nn.Conv2d(10, 10, 3),
            relu_2_2=nn.ReLU(),
            max_pool_2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            output=nn.Linear(10 * 13 * 13, classes),
        )
    )


def build_symmetric(channels: int = 8, kernel: int = 3, classes: int = 2) -> nn.Sequential:
    """Return one circular convolution, averaged over the image: (N, 1, H, W) -> (N, classes).

    98 parameters as it stands. It gives the same answer however the image is shifted, on an image
    of any size.
    """
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, channels, kernel, padding=kernel // 2, padding_mode="circular"),
            relu=nn.ReLU(),
            average=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            output=nn.Linear(channels, classes),
        )
    )


def build_stack(depth: int = 10, kernel: int = 3, channels: int = 8) -> nn.Module:
    """Return ``depth`` convolutions in a row: (N, 1, H, W) -> (N, 2, H, W) logits.

    Its receptive field is exactly depth * (kernel - 1) + 1 px.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    widths = [1, *[channels] * (depth - 1), 2]
    for index, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        layers[f"conv{index}"] = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        if index < depth:
            layers[f"relu{index}"] = nn.ReLU()
    return nn.Sequential(layers)


class DoubleConvolution(nn.Sequential):
    """Two 3 x 3 convolutions, each with batch norm and ReLU; the size stays."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        for index, width in enumerate((inputs, outputs), start=1):
            self.add_module(f"conv{index}", nn.Conv2d(width, outputs, 3, padding=1, bias=False))
            self.add_module(f"norm{index}", nn.BatchNorm2d(outputs))
            self.add_module(f"relu{index}", nn.ReLU())


class UpBlock(nn.Module):
    """Upsampling by 2, the skip put beside it, two convolutions."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.convolutions = DoubleConvolution(inputs + skip, outputs)

    def forward(self, x: Tensor, *, skip_connection: Tensor) -> Tensor:
        x = functional.interpolate(x, size=skip_connection.shape[-2:], mode="nearest")
        return self.convolutions(torch.cat([x, skip_connection], dim=1))


class SmallUnet(nn.Module):
    """A U-Net in the plain form of the paper, as deep as ``widths`` is long.

    (N, in_channels, H, W) float32 -> (N, classes, H, W) logits; H and W multiples of
    ``output_stride``. Source: Ronneberger et al. 2015, arXiv:1505.04597, with zero padding.
    """

    def __init__(
        self, classes: int = 2, in_channels: int = 1, widths: tuple[int, ...] = (8, 16, 32)
    ) -> None:
        super().__init__()
        self.output_stride = 2 ** (len(widths) - 1)
        ins = (in_channels, *widths[:-1])
        self.down = nn.ModuleList(DoubleConvolution(i, o) for i, o in zip(ins, widths, strict=True))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            UpBlock(deep, shallow, shallow) for shallow, deep in reversed(list(pairwise(widths)))
        )
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for index, block in enumerate(self.down):
            x = block(self.pool(x) if index else x)
            skips.append(x)
        for block, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = block(x, skip_connection=skip)
        return self.head(x)


CARDS = (
    ArchitectureCard(
        name="tiny-vgg",
        title="Tiny VGG",
        year=2020,
        idea="Four small convolutions, and yet the dense layer holds five of six weights.",
        build=build_tiny_vgg,
        channels=3,
        side=64,
        parameters=19_920,
        reference="Wang et al. 2020, arXiv:2004.15004",
    ),
    ArchitectureCard(
        name="symmetric-98",
        title="98 parameters",
        year=2026,
        idea="One circular convolution and an average respect the symmetry, so little is left to "
        "learn.",
        build=build_symmetric,
        channels=1,
        side=None,
        parameters=98,
        reference="built for this app",
    ),
    ArchitectureCard(
        name="stack-10",
        title="Ten 3 x 3 convolutions",
        year=2026,
        idea="Nothing but convolutions: the receptive field grows by 2 px a layer, and only so.",
        build=build_stack,
        channels=1,
        side=None,
        parameters=4_898,
        reference="built for this app",
    ),
    ArchitectureCard(
        name="unet-small",
        title="Small U-Net",
        year=2026,
        idea="The U-Net of the paper at a size that trains in class.",
        build=SmallUnet,
        channels=1,
        side=None,
        multiple=4,
        parameters=29_786,
        reference="after Ronneberger et al. 2015, arXiv:1505.04597",
    ),
)
