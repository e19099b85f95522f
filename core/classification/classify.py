"""From an image to its class: the mean prediction over crops of three sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.classification.card import Classification, ClassifierCard
from core.pixels.resampling import resample
from core.segmentation.preprocessing import image_field
from core.types.micrograph import Micrograph

if TYPE_CHECKING:
    from torch import nn

    from core.segmentation.engines.engine import Engine

# (share of the shorter side that a crop covers, crops along the shorter side)
SIZES = ((1.0, 1), (0.6, 2), (0.36, 2))
MOST_ALONG = 4
Window = tuple[slice, slice]
# All crops of an image at once, up to an aspect of 3 : 2.
BATCH = 16


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
    return _views(grey, found, side)


def _views(grey: np.ndarray, found: Sequence[Window], side: int) -> np.ndarray:
    return np.stack([resample(grey[window], (side, side)) for window in found])


def class_probabilities(
    grey: np.ndarray, network: nn.Module, mean: float, std: float, side: int
) -> np.ndarray:
    """Return the mean softmax (K,) float64 over the crops of grey levels (H, W) in [0, 1].

    Each size of crop counts the same, however many crops it has.

    ``network``: in eval mode, (n, 1, side, side) float32 -> (n, K) logits.
    """
    import torch

    device = next(network.parameters()).device
    with torch.inference_mode():
        batch = torch.from_numpy((views(grey, side) - mean) / std).float()[:, None].to(device)
        answers = torch.cat([network(part).softmax(1) for part in batch.split(BATCH)])
    return _over_sizes(answers.cpu().numpy(), grey.shape)


def _over_sizes(answers: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the mean (K,) float64 of ``answers`` (N, K), one a crop of an image (H, W)."""
    counts = [len(of_one_size) for of_one_size in windows(shape)]
    by_size = np.split(answers.astype(np.float64), np.cumsum(counts)[:-1])
    return np.mean([some.mean(0) for some in by_size], axis=0)


def classify(
    micrograph: Micrograph, network: nn.Module | Engine, card: ClassifierCard
) -> Classification:
    """Return the class of ``micrograph``, its info bar left out.

    ``network``: as ``card`` builds it, trained, in eval mode, or an engine that runs it.
    """
    from core.segmentation.engines.engine import Engine

    grey = image_field(micrograph).grey
    if not isinstance(network, Engine):
        found = class_probabilities(grey, network, card.mean, card.std, card.crop_px)
        return Classification(found, card)
    crops = views(grey, card.crop_px)
    parts = [network.probabilities(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)]
    return Classification(_over_sizes(np.concatenate(parts), grey.shape), card)


def classify_unless(
    micrograph: Micrograph, engine: Engine, card: ClassifierCard, index: int, least: float
) -> Classification | None:
    """Return what :func:`classify` does, or None where class ``index`` has a probability of
    ``least`` or more, as soon as that is certain: the largest crop alone often says so."""
    grey, found = image_field(micrograph).grey, list[np.ndarray]()
    for of_one_size in windows(grey.shape):
        answers = engine.probabilities(_views(grey, of_one_size, card.crop_px))
        found.append(answers.astype(np.float64).mean(0))
        # Sizes that were not looked at yet can only add to it.
        if sum(one[index] for one in found) / len(SIZES) >= least:
            return None
    return Classification(np.mean(found, axis=0), card)
