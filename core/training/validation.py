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
from core.pixels.resampling import resample
from core.training.augmentation import Pair

STRIDE = 32


@torch.inference_mode()
def predict_probabilities(
    network: nn.Module, grey: np.ndarray, mean: float, std: float, phases: int | None = None
) -> np.ndarray:
    """Return the probabilities (C, H, W) float32 of one whole image ``grey`` (H, W) float32 in
    [0, 1], reflected up to multiples of 32.

    ``phases``: how many of the network's channels, the first ones, are phases, None = all; the
    others are contact and normalized distance, each by itself.

    Puts the network's modes back.
    """
    modes = [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        device = next(network.parameters()).device
        batch = torch.from_numpy(grey).to(device)[None, None]
        height, width = grey.shape
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        batch = functional.pad((batch - mean) / std, padding, mode="reflect")
        batch = batch.to(memory_format=torch.channels_last)
        logits = network(batch)[0, :, :height, :width]
        others = logits[len(logits) if phases is None else phases :].sigmoid()
        return torch.cat([logits[:phases].softmax(0), others]).cpu().numpy()
    finally:
        for module, training in modes:
            module.training = training


def predict_labels(
    network: nn.Module,
    image: np.ndarray,
    mean: float,
    std: float,
    tta_scales: tuple[float, ...] = (1.0,),
    phases: int | None = None,
) -> np.ndarray:
    """Return the labels (H, W) uint8 of one whole ``image`` (H, W) uint8: the most probable phase
    in the mean over ``tta_scales``, as ``core.segmentation.segment`` has it."""
    grey = image.astype(np.float32) / 255
    shapes = [tuple(round(side * factor) for side in grey.shape) for factor in tta_scales]
    found = []
    for shape in shapes:
        outputs = predict_probabilities(network, resample(grey, shape), mean, std, phases)
        found.append(np.stack([resample(one, grey.shape) for one in outputs[:phases]]))
    return np.mean(found, axis=0).argmax(0).astype(np.uint8)


def validation_score(
    network: nn.Module,
    pairs: Iterable[Pair],
    mean: float,
    std: float,
    classes: int,
    tta_scales: tuple[float, ...] = (1.0,),
) -> float:
    """Return the validation score in [0, 1].

    Two classes: the foreground's IoU for each image, averaged over images. More: the mean IoU of
    one confusion matrix over all images.
    """
    matrices = [
        confusion_matrix(
            pair.labels,
            predict_labels(network, pair.image, mean, std, tta_scales, classes),
            classes,
        )
        for pair in pairs
    ]
    if classes == 2:
        return mean_of_known([intersection_over_union(matrix)[1] for matrix in matrices])
    return mean_of_known(intersection_over_union(np.sum(matrices, axis=0)))
