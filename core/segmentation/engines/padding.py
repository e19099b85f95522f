"""TensorFlow's "same" padding, computed beforehand for images of whole strides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn
from torch.nn import functional


@contextmanager
def fixed_padding(network: nn.Module) -> Iterator[None]:
    """Let every convolution of ``network`` that pads by its input's size pad by what it always is
    where sides are multiples of the network's stride.

    A network is traced so: its padding then is a number of the convolution's, in place of a dozen
    layers that compute it.
    """
    same = [one for one in network.modules() if isinstance(one, Conv2dSame)]
    for convolution in same:
        convolution.forward = partial(_convolved, convolution)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for convolution in same:
            del convolution.forward


def _convolved(convolution: Conv2dSame, x: torch.Tensor) -> torch.Tensor:
    """Return the convolution of (N, C, H, W), sides multiples of its stride."""
    sides = zip(convolution.kernel_size, convolution.stride, convolution.dilation, strict=True)
    totals = [max(dilation * (kernel - 1) + 1 - stride, 0) for kernel, stride, dilation in sides]
    # PyTorch names the last axis first.
    pads = [pad for total in reversed(totals) for pad in (total // 2, total - total // 2)]
    return functional.conv2d(
        functional.pad(x, pads),
        convolution.weight,
        convolution.bias,
        convolution.stride,
        0,
        convolution.dilation,
        convolution.groups,
    )
