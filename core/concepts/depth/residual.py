"""Plain and residual networks of any depth, alike but for the way past each block.

Source: He et al. 2016, arXiv:1512.03385, figure 2; what start keeps the signal: He et al.
2015, arXiv:1502.01852, eq. 10.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.concepts.snippet import Snippet
from core.errors import LamellaError

CHANNELS = 8
DEPTHS = (4, 8, 16, 32, 64)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, each with batch norm if wanted; ``skip`` adds what came in."""

    def __init__(self, channels: int, norm: bool, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.norm2 = nn.BatchNorm2d(channels) if norm else nn.Identity()

    def branch(self, x: Tensor) -> Tensor:
        """Return what the two convolutions make of x."""
        return self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.branch(x) + x if self.skip else self.branch(x))


class DeepNetwork(nn.Module):
    """``depth`` 3 x 3 convolutions in blocks of two; (N, 1, H, W) -> (N, classes) logits.

    One more convolution makes the channels, and an average over the map and a dense layer the
    logits.
    """

    def __init__(self, depth: int, skip: bool, norm: bool, classes: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, CHANNELS, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(CHANNELS, norm, skip) for _ in range(depth // 2))
        self.head = nn.Linear(CHANNELS, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


def build(depth: int, skip: bool, norm: bool, seed: int = 0) -> DeepNetwork:
    """Return a fresh network in training mode; other generators are left as they were.

    Raises:
        LamellaError: a depth that is not an even number from 2 to 128.
    """
    if depth % 2 or not 2 <= depth <= 128:
        raise LamellaError(f"A depth of {depth} cannot be built; choose an even one from 2 to 128.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DeepNetwork(depth, skip, norm)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                # PyTorch's usual start: a sixth of the variance that would keep the signal.
                nn.init.kaiming_uniform_(module.weight, a=5**0.5)
    return network


def identity_error(image: Tensor, seed: int = 0) -> float:
    """Return the largest change that a residual block with a branch of zeros makes to its input.

    ``image``: (N, 8, H, W), not negative, as after a ReLU. The answer is exactly 0.
    """
    block = build(2, skip=True, norm=False, seed=seed).blocks[0]
    assert isinstance(block, ResidualBlock)
    nn.init.zeros_(block.conv2.weight)
    with torch.no_grad():
        return float((block(image) - image).abs().max())


def snippet() -> Snippet:
    """Return the lines that show the identity."""
    return Snippet(
        "import torch\nfrom torch import nn\n\n"
        "x = torch.rand(1, 8, 32, 32)  # not negative, as after a ReLU\n"
        "conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)\n"
        "conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)\n"
        "nn.init.zeros_(conv2.weight)\n"
        "y = torch.relu(x + conv2(torch.relu(conv1(x))))\n"
        "print((y - x).abs().max().item())",
        f"{identity_error(torch.linspace(0, 1, 8 * 32 * 32).reshape(1, 8, 32, 32))}",
    )
