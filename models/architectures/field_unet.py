"""U-Nets that differ in how far they see: the same few parameters, more or fewer poolings."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from core.errors import LamellaError
from models.architectures.small import DoubleConvolution, SmallUnet

# Channels on every level by the number of poolings, so that each network has about 15,000
# parameters; the receptive fields are what `core.inspection` finds.
WIDTHS = {0: 24, 1: 17, 2: 13, 3: 10, 4: 9}
STRIDE = 16


def build_field_unet(poolings: int, skips: bool = True) -> nn.Module:
    """Return a plain U-Net with ``poolings`` (0 to 4) halvings of the resolution.

    (N, 1, H, W) float32 -> (N, 2, H, W) logits; H and W multiples of 16. The same number of
    channels on every level. Without a pooling it is four convolutions in a row. Without
    ``skips`` the decoder sees the level below alone.

    Raises:
        LamellaError: another number of poolings.

    Source: the question is that of Sytwu et al. 2022, arXiv:2204.04250; the form that of
    Ronneberger et al. 2015, arXiv:1505.04597.
    """
    if poolings not in WIDTHS:
        raise LamellaError(f"{poolings} poolings were asked for; choose from 0 to {max(WIDTHS)}.")
    width = WIDTHS[poolings]
    if poolings == 0:
        blocks = DoubleConvolution(1, width), DoubleConvolution(width, width)
        return nn.Sequential(*blocks, nn.Conv2d(width, 2, 1))
    widths = (width,) * (poolings + 1)
    return SmallUnet(widths=widths) if skips else SkiplessUnet(widths)


class SkiplessUnet(nn.Module):
    """A small U-Net whose decoder gets nothing from the encoder but its last level.

    (N, 1, H, W) float32 -> (N, 2, H, W) logits.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        ins = (1, *widths[:-1])
        self.down = nn.ModuleList(DoubleConvolution(i, o) for i, o in zip(ins, widths, strict=True))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), DoubleConvolution(deep, shallow))
            for shallow, deep in reversed(list(pairwise(widths)))
        )
        self.head = nn.Conv2d(widths[0], 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for index, block in enumerate(self.down):
            x = block(self.pool(x) if index else x)
        for block in self.up:
            x = block(x)
        return self.head(x)
