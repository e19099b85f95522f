"""The networks that He et al. trained on CIFAR-10: 6n + 2 layers, with and without skips.

Source: He et al. 2016, arXiv:1512.03385, section 4.2 and table 6; what start keeps the signal: He
et al. 2015, arXiv:1502.01852.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import LamellaError
from core.types.progress import ProgressCallback, no_progress

WIDTHS = (16, 32, 64)
CHANNELS, CLASSES, SIDE = 3, 10, 32
MOST_LAYERS = 2000
PUBLISHED_ERROR = {20: 0.0875, 32: 0.0751, 44: 0.0717, 56: 0.0697, 110: 0.0643, 1202: 0.0793}
"""Of residual networks on the test images of CIFAR-10, by layers; of 110, the best of five."""


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norm; ``skip`` adds what came in, without a parameter.

    Where the block halves the map and doubles the channels, the skip takes every second pixel and
    fills up with channels of zeros: option A of the paper.
    """

    def __init__(self, channels: int, made: int, skip: bool) -> None:
        super().__init__()
        self.skip, self.stride, self.more = skip, made // channels, made - channels
        self.conv1 = nn.Conv2d(channels, made, 3, self.stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(made)
        self.conv2 = nn.Conv2d(made, made, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(made)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.skip:
            way = x[:, :, :: self.stride, :: self.stride]
            y = y + functional.pad(way, (0, 0, 0, 0, 0, self.more))
        return functional.relu(y)


class CifarNetwork(nn.Module):
    """A convolution, three stages of n blocks, an average over the map, a dense layer.

    (N, channels, H, W) -> (N, classes) logits; H and W are multiples of 4.
    """

    def __init__(
        self, layers: int, skip: bool, widths: tuple[int, int, int], channels: int, classes: int
    ) -> None:
        super().__init__()
        first = widths[0]
        self.stem = nn.Conv2d(channels, first, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(first)
        ways = zip((first, *widths), widths, strict=False)
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(Block(came if index == 0 else made, made, skip) for index in range(layers // 6))
            )
            for came, made in ways
        )
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.stem(x)))
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))


def build(
    layers: int,
    skip: bool,
    widths: tuple[int, int, int] = WIDTHS,
    channels: int = CHANNELS,
    classes: int = CLASSES,
    seed: int = 0,
) -> CifarNetwork:
    """Return a fresh network of ``layers`` = 6n + 2 layers in training mode.

    Other generators are left as they were.

    Raises:
        LamellaError: a number of layers that is not 6n + 2, or more than 2,000.
    """
    if layers % 6 != 2 or not 8 <= layers <= MOST_LAYERS:
        raise LamellaError(
            f"A network of {layers} layers cannot be built; these have 6n + 2 layers, from 8 to "
            f"{MOST_LAYERS}: 20, 32, 44, 56, 110, 1202."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = CifarNetwork(layers, skip, widths, channels, classes)
        for module in network.modules():
            if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
                nn.init.kaiming_normal_(module.weight)
    return network


@dataclass(frozen=True)
class Member:
    """One network of the family, before 32 x 32 px in colour.

    ``layers``: convolutions and the dense layer. ``parameters``: the same with skips and without.
    ``macs``: products of an image. ``published_error``: in [0, 1], of the residual one.
    """

    layers: int
    parameters: int
    macs: int
    published_error: float

    @property
    def blocks(self) -> int:
        return (self.layers - 2) // 2


def member(layers: int) -> Member:
    """Return the numbers of a published network, from the formula of a convolution.

    Raises:
        LamellaError: a number of layers that was not published.
    """
    if layers not in PUBLISHED_ERROR:
        raise LamellaError(
            f"No network of {layers} layers was published; choose one of {[*PUBLISHED_ERROR]}."
        )
    weights, macs, norms, came, side = 0, 0, 0, CHANNELS, SIDE
    for stage, made in enumerate(WIDTHS):
        # The stem is one more convolution of the first stage; the first of the others halves.
        side //= 2 if stage else 1
        for _ in range(layers // 6 * 2 + (stage == 0)):
            weights += 9 * came * made
            macs += 9 * came * made * side**2
            norms += 2 * made
            came = made
    dense = came * CLASSES
    parameters = weights + norms + dense + CLASSES
    return Member(layers, parameters, macs + dense, PUBLISHED_ERROR[layers])


def family() -> tuple[Member, ...]:
    """Return all published members, the shallowest first."""
    return tuple(member(layers) for layers in PUBLISHED_ERROR)


@dataclass(frozen=True)
class Built:
    """A network that was really made, and used once.

    ``layers``: its convolutions and dense layers, counted. ``spread``: deviation of the signal
    behind the last block. ``build_s``, ``forward_s``: seconds.
    """

    layers: int
    parameters: int
    spread: float
    build_s: float
    forward_s: float


def patch(image: np.ndarray) -> Tensor:
    """Return the middle of grey levels (H, W), mean 0, as (1, 3, 32, 32); small images enlarged."""
    top, left = (max(0, length - SIDE) // 2 for length in image.shape)
    cut = np.ascontiguousarray(image[top : top + SIDE, left : left + SIDE], np.float32)
    cut = np.asarray(cv2.resize(cut, (SIDE, SIDE)), np.float32)
    return torch.from_numpy(cut - cut.mean())[None, None].repeat(1, CHANNELS, 1, 1)


def build_and_use(
    layers: int, skip: bool, patch: Tensor, progress: ProgressCallback = no_progress
) -> Built:
    """Build an untrained network and send a patch (1, 3, 32, 32) through it.

    Raises:
        Cancelled: from ``progress``, between building and using.
        LamellaError: a number of layers that cannot be built.
    """
    progress(0, 2)
    begun = time.perf_counter()
    network = build(layers, skip)
    made = time.perf_counter()
    progress(1, 2)
    last = []
    hook = network.stages[-1].register_forward_hook(lambda _, __, output: last.append(output))
    with torch.inference_mode():
        network(patch)
    hook.remove()
    ended = time.perf_counter()
    progress(2, 2)
    counted = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules())
    return Built(
        layers=counted,
        parameters=sum(weight.numel() for weight in network.parameters()),
        spread=float(last[0].std()),
        build_s=made - begun,
        forward_s=ended - made,
    )
