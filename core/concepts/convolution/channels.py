"""A kernel with several input channels: a slice for each, and one sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.kernels import gaussian, sobel
from core.concepts.convolution.output_size import Geometry

KEPT = Geometry(padding=1)


@dataclass(frozen=True, eq=False)
class ChannelSum:
    """``channels``, ``parts`` (C, h, w): what goes in, and what each slice makes of its channel.

    ``total`` (h, w): their sum. ``torch_difference``: largest difference from torch's conv2d.
    """

    channels: np.ndarray
    parts: np.ndarray
    total: np.ndarray
    torch_difference: float


def first_layer(image: np.ndarray, side: int = 96) -> np.ndarray:
    """Return three channels (3, h, w) that a first layer could make: grey, and two slopes.

    The image (H, W) is averaged down to at most ``side`` px first, and its mean taken away.
    """
    step = max(1, -(-max(image.shape) // side))
    height, width = (length // step * step for length in image.shape)
    blocks = image[:height, :width].reshape(height // step, step, width // step, step)
    image = blocks.mean(axis=(1, 3), dtype=np.float64)
    image = image - image.mean()
    across = sobel(3) / 8
    maps = [
        feature_map(image, Walk(kernel, KEPT, "replicate"))
        for kernel in (gaussian(3), across, across.T)
    ]
    return np.stack(maps)


def add_up(channels: np.ndarray, kernels: Sequence[np.ndarray]) -> ChannelSum:
    """Return the map that one kernel of ``kernels``, a (3, 3) slice a channel, makes of them all.

    The size is kept with replicate padding; cross-correlation.
    """
    parts = np.stack(
        [
            feature_map(channel, Walk(kernel, KEPT, "replicate"))
            for channel, kernel in zip(channels, kernels, strict=True)
        ]
    )
    total = parts.sum(axis=0)
    return ChannelSum(
        channels, parts, total, float(np.abs(_torch(channels, kernels) - total).max())
    )


def _torch(channels: np.ndarray, kernels: Sequence[np.ndarray]) -> np.ndarray:
    import torch

    inputs = torch.from_numpy(np.ascontiguousarray(channels, np.float64))[None]
    padded = torch.nn.functional.pad(inputs, [1] * 4, "replicate")
    weight = torch.from_numpy(np.stack(list(kernels)).astype(np.float64))[None]
    return torch.nn.functional.conv2d(padded, weight)[0, 0].numpy()
