"""How well a network does on whole images, while it trains and after."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.measurement.agreement import (
    confusion_matrix,
    intersection_over_union,
    mean_of_known,
)
from core.training.augmentation import Pair

STRIDE = 32


@torch.inference_mode()
def predict_labels(network: nn.Module, image: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Return the labels (H, W) uint8 of one whole ``image`` (H, W) uint8, reflected up to
    multiples of 32.

    Puts the network's modes back.
    """
    modes = [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        device = next(network.parameters()).device
        batch = torch.from_numpy(image).to(device).float()[None, None] / 255
        height, width = image.shape
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        batch = functional.pad((batch - mean) / std, padding, mode="reflect")
        batch = batch.to(memory_format=torch.channels_last)
        logits = network(batch)[0, :, :height, :width]
        return logits.argmax(0).to(torch.uint8).cpu().numpy()
    finally:
        for module, training in modes:
            module.training = training


def validation_score(
    network: nn.Module, pairs: Iterable[Pair], mean: float, std: float, classes: int
) -> float:
    """Return the validation score in [0, 1].

    Two classes: the foreground's IoU for each image, averaged over images. More: the mean IoU of
    one confusion matrix over all images.
    """
    matrices = [
        confusion_matrix(pair.labels, predict_labels(network, pair.image, mean, std), classes)
        for pair in pairs
    ]
    if classes == 2:
        return mean_of_known([intersection_over_union(matrix)[1] for matrix in matrices])
    return mean_of_known(intersection_over_union(np.sum(matrices, axis=0)))
