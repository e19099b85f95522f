"""Move the image by a pixel: how far do the hidden units of a network move, and its answer?"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


@torch.inference_mode()
def hidden(network: nn.Sequential, images: np.ndarray) -> np.ndarray:
    """Return what the last layer reads, (N, units) float32, for ``images`` (N, H, W)."""
    inputs = torch.from_numpy(np.array(images, np.float32))[:, None]
    return network[:-1](inputs).numpy()


def hidden_distances(network: nn.Sequential, image: np.ndarray, shifts: range) -> np.ndarray:
    """Return |h(T x) - h(x)| / |h(x)| for ``image`` (H, W) shifted around to the right.

    One number a shift, float64; 0 is invariance.
    """
    moved = np.stack([np.roll(image, shift, 1) for shift in shifts])
    vectors = hidden(network, np.concatenate([image[None], moved])).astype(np.float64)
    length = np.linalg.norm(vectors[0]) or 1.0
    return np.linalg.norm(vectors[1:] - vectors[0], axis=1) / length


@torch.inference_mode()
def probability_above(network: nn.Sequential, image: np.ndarray) -> float:
    """Return the probability of class 1 that ``network`` gives ``image`` (H, W), 0 to 1."""
    inputs = torch.from_numpy(np.array(image, np.float32))[None, None]
    return float(network(inputs).softmax(1)[0, 1])
