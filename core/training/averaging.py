"""Exponential moving average of a network's weights."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """Return a copy of ``network``, in eval mode, whose weights and buffers follow it slowly.

    The decay warms up as (1 + step) / (10 + step), so that the first weights are forgotten.
    Source: Polyak and Juditsky 1992; warm-up as in TensorFlow's ExponentialMovingAverage.
    """

    def move(averages: Tensors, current: Tensors, steps: Tensor | int) -> None:
        done = int(steps)
        get_ema_multi_avg_fn(min(decay, (1 + done) / (10 + done)))(averages, current, steps)

    average = AveragedModel(network, multi_avg_fn=move, use_buffers=True)
    return average.eval().requires_grad_(False)
