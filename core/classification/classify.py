"""From an image to its class: the mean prediction over crops of three sizes."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from core.classification.card import Classification, ClassifierCard
from core.pixels.resampling import resample
from core.segmentation.preprocessing import image_field
from core.types import Micrograph

# (share of the shorter side that a crop covers, crops along the shorter side)
SIZES = ((1.0, 1), (0.6, 2), (0.36, 2))
MOST_ALONG = 4
Window = tuple[slice, slice]
BATCH = 8


def windows(shape: tuple[int, int]) -> tuple[tuple[Window, ...], ...]:
    """Return the square parts of an image (H, W) that are looked at, for each size, largest first.

    They are spread evenly and are the same for the same shape.
    """
    shorter, found = min(shape), []
    for share, count in SIZES:
        side = max(1, round(share * shorter))
        rows, columns = (_starts(length, side, shorter, count) for length in shape)
        found.append(tuple((slice(r, r + side), slice(c, c + side)) for r in rows for c in columns))
    return tuple(found)


def _starts(length: int, side: int, shorter: int, count: int) -> list[int]:
    count = min(MOST_ALONG, max(count, round(count * length / shorter)))
    if count == 1:
        return [(length - side) // 2]
    return [round(at) for at in np.linspace(0, length - side, count)]


def views(grey: np.ndarray, side: int) -> np.ndarray:
    """Return the crops (N, side, side) float32 of grey levels (H, W) in [0, 1]."""
    found = [window for of_one_size in windows(grey.shape) for window in of_one_size]
    return np.stack([resample(grey[window], (side, side)) for window in found])


@torch.inference_mode()
def class_probabilities(
    grey: np.ndarray, network: nn.Module, mean: float, std: float, side: int
) -> np.ndarray:
    """Return the mean softmax (K,) float64 over the crops of grey levels (H, W) in [0, 1].

    Each size of crop counts the same, however many crops it has.

    ``network``: in eval mode, (n, 1, side, side) float32 -> (n, K) logits.
    """
    device = next(network.parameters()).device
    batch = torch.from_numpy((views(grey, side) - mean) / std).float()[:, None].to(device)
    answers = torch.cat([network(part).softmax(1) for part in batch.split(BATCH)]).cpu().double()
    by_size = answers.split([len(of_one_size) for of_one_size in windows(grey.shape)])
    return torch.stack([some.mean(0) for some in by_size]).mean(0).numpy()


def classify(micrograph: Micrograph, network: nn.Module, card: ClassifierCard) -> Classification:
    """Return the class of ``micrograph``, its info bar left out.

    ``network``: as ``card`` builds it, trained, in eval mode.
    """
    grey = image_field(micrograph).grey
    found = class_probabilities(grey, network, card.mean, card.std, card.crop_px)
    return Classification(found, card)
