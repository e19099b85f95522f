"""One fixed shuffling of all pixels: what it does to a network that knows no neighbourhood."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn


def permutation(pixels: int, seed: int = 0) -> np.ndarray:
    """Return where each pixel goes: (pixels,) integers, each of them once."""
    return np.random.default_rng(seed).permutation(pixels)


def shuffled(images: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return ``images`` (N, H, W) with the same shuffling of the pixels in each."""
    return images.reshape(len(images), -1)[:, order].reshape(images.shape)


def follow(mlp: nn.Sequential, order: np.ndarray) -> nn.Sequential:
    """Return a copy of ``mlp`` that answers shuffled images as ``mlp`` does straight ones.

    ``mlp``: Flatten, then a Linear layer, then anything. The columns of the first weight matrix
    are shuffled alike: a dense layer cannot tell which pixels are neighbours.
    """
    moved = copy.deepcopy(mlp)
    first = next(module for module in moved if isinstance(module, nn.Linear))
    with torch.no_grad():
        first.weight.copy_(first.weight[:, torch.from_numpy(order)])
    return moved


@torch.inference_mode()
def accuracy(network: nn.Module, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of ``images`` (N, H, W) that ``network`` puts into their class."""
    inputs = torch.from_numpy(np.ascontiguousarray(images, np.float32))[:, None]
    return float((network(inputs).argmax(1).numpy() == labels).mean())


@torch.inference_mode()
def followed_difference(mlp: nn.Sequential, images: np.ndarray) -> float:
    """Return the largest difference of logits: ``mlp`` on ``images``, :func:`follow` on shuffled.

    ``images``: (N, H, W).
    """
    order = permutation(images[0].size)
    straight = torch.from_numpy(np.ascontiguousarray(images, np.float32))[:, None]
    mixed = torch.from_numpy(np.ascontiguousarray(shuffled(images, order), np.float32))[:, None]
    return float((mlp(straight) - follow(mlp, order)(mixed)).abs().max())
