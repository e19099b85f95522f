"""How the networks of the Ising study are built, each fitted to the side of the lattice.

All take (N, 1, L, L) float32 spins in {-1, 1} and return (N, classes): two logits, first for
T < Tc, or one number when they are to tell the temperature.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor, nn
from torch.nn import functional

from models.architectures.small import build_symmetric

QUARTER = (16, 32, 64, 128)


def build_linear(side: int, classes: int = 2) -> nn.Module:
    """Return one weight a pixel and class."""
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), output=nn.Linear(side**2, classes)))


def build_mlp(side: int, classes: int = 2) -> nn.Module:
    """Return the lecture's dense network: two hidden layers, of 64 and 32 units."""
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden1=nn.Linear(side**2, 64),
            relu1=nn.ReLU(),
            hidden2=nn.Linear(64, 32),
            relu2=nn.ReLU(),
            output=nn.Linear(32, classes),
        )
    )


def build_lenet(side: int, classes: int = 2) -> nn.Module:
    """Return LeNet-5 with ReLU and max pooling; C5 is dense, as its maps are not 5 x 5 here.

    Source: LeCun et al. 1998, doi:10.1109/5.726791.
    """
    maps = 16 * ((side // 2 - 4) // 2) ** 2
    return nn.Sequential(
        OrderedDict(
            c1=nn.Conv2d(1, 6, 5, padding=2),
            relu1=nn.ReLU(),
            s2=nn.MaxPool2d(2),
            c3=nn.Conv2d(6, 16, 5),
            relu3=nn.ReLU(),
            s4=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            c5=nn.Linear(maps, 120),
            relu5=nn.ReLU(),
            f6=nn.Linear(120, 84),
            relu6=nn.ReLU(),
            output=nn.Linear(84, classes),
        )
    )


def build_small_cnn(side: int, classes: int = 2) -> nn.Module:
    """Return the lecture's small CNN: one convolution, one pooling, one dense layer."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, 8, 3, padding=1),
            relu=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            output=nn.Linear(8 * (side // 2) ** 2, classes),
        )
    )


def build_full_cnn(side: int, classes: int = 2) -> nn.Module:
    """Return the lecture's full CNN: two convolutions, two poolings, two dense layers."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.Linear(32 * (side // 4) ** 2, 64),
            relu3=nn.ReLU(),
            output=nn.Linear(64, classes),
        )
    )


def build_alexnet(side: int, classes: int = 2) -> nn.Module:
    """Return AlexNet's five convolutions and three dense layers with a quarter of its channels.

    The first convolution brings any side to 16 px: 11 x 11 of stride 4 at 64, as published, and
    3 x 3 of stride 1 at 16. Source: Krizhevsky 2014, arXiv:1404.5997.
    """
    stride = max(1, side // 16)
    first = nn.Conv2d(1, 16, 11, 4, 5) if stride == 4 else nn.Conv2d(1, 16, 3, stride, 1)
    return nn.Sequential(
        OrderedDict(
            conv1=first,
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(16, 48, 5, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(48, 96, 3, padding=1),
            relu3=nn.ReLU(),
            conv4=nn.Conv2d(96, 64, 3, padding=1),
            relu4=nn.ReLU(),
            conv5=nn.Conv2d(64, 64, 3, padding=1),
            relu5=nn.ReLU(),
            pool5=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dropout6=nn.Dropout(),
            dense6=nn.Linear(64 * 4, 256),
            relu6=nn.ReLU(),
            dropout7=nn.Dropout(),
            dense7=nn.Linear(256, 256),
            relu7=nn.ReLU(),
            output=nn.Linear(256, classes),
        )
    )


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions with batch norm, and the input added to their result."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        inside = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(inside)) + self.shortcut(x))


def build_resnet18(side: int, classes: int = 2) -> nn.Module:
    """Return ResNet-18, eight blocks of two convolutions, with a quarter of its channels.

    The first convolution is 3 x 3, of stride 1 at 16 px, and 7 x 7 of stride 4 at 64 px where
    the paper has stride 2 and a pooling. Source: He et al. 2016, arXiv:1512.03385.
    """
    stride = max(1, side // 16)
    first = nn.Conv2d(1, 16, 7, 4, 3, bias=False)
    if stride == 1:
        first = nn.Conv2d(1, 16, 3, 1, 1, bias=False)
    layers = OrderedDict(conv1=first, norm1=nn.BatchNorm2d(16), relu=nn.ReLU())
    width = QUARTER[0]
    for index, outputs in enumerate(QUARTER, start=1):
        layers[f"layer{index}"] = nn.Sequential(
            BasicBlock(width, outputs, 1 if index == 1 else 2), BasicBlock(outputs, outputs, 1)
        )
        width = outputs
    layers |= OrderedDict(
        average=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(width, classes)
    )
    return nn.Sequential(layers)


def build_98(side: int, classes: int = 2) -> nn.Module:
    """Return one circular convolution and an average: 98 parameters, for any side."""
    return build_symmetric(classes=classes)


BUILDERS: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {
        "linear": build_linear,
        "mlp": build_mlp,
        "small-cnn": build_small_cnn,
        "full-cnn": build_full_cnn,
        "lenet5": build_lenet,
        "alexnet": build_alexnet,
        "resnet18": build_resnet18,
        "symmetric": build_98,
    }
)
"""(side, classes) -> network, by the names of ``studies.ising.networks.networks``."""
