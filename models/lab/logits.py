"""A U-Net whose last convolution gives logits over the temperature of its confidence."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Logits(nn.Module):
    """``network``, changed in place: (N, 1, H, W) -> logits (N, phases, H, W) over ``temperature``,
    and of a network with more outputs those of contact and normalized distance (N, 2, H, W)."""

    def __init__(self, network: nn.Module, phases: int, temperature: float) -> None:
        super().__init__()
        head = network.get_submodule("segmentation_head.0")
        assert isinstance(head, nn.Conv2d) and head.bias is not None
        with torch.no_grad():
            head.weight[:phases] /= temperature
            head.bias[:phases] /= temperature
        self.network, self.phases, self.outputs = network, phases, head.out_channels

    def forward(self, seen: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        logits = self.network(seen)
        if self.outputs == self.phases:
            return logits
        return logits[:, : self.phases], logits[:, self.phases :]
