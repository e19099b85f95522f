"""Linear probes: at which depth of a network an edge, a texture, an object can be read off.

Source: Alain and Bengio 2016, arXiv:1610.01644; a ridge classifier instead of a logistic one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from core.inspection.feature_maps import record_feature_maps
from core.inspection.layers.depths import layers_with_maps
from core.inspection.layers.layers import layer_table
from core.inspection.probe_images import CONCEPTS, ProbeImage, probe_image
from core.inspection.subject import Prepared, Subject, input_channels
from core.types.progress import ProgressCallback, no_progress

SIDE = 256
TRAINING_IMAGES, TEST_IMAGES = 6, 4
PIXELS = 200
"""Of each image, with the concept and without it."""
RIDGE = 0.01
IMAGE = None
"""The layer of the image itself: one number a pixel, its grey level."""


@dataclass(frozen=True)
class Probe:
    """How well a linear classifier tells a concept from the channels of a layer.

    ``layer``: exact name, None for the grey level alone. ``concept``: one of CONCEPTS. ``auc``:
    area under the ROC curve on test images, 0.5 = chance, 1 = perfect.
    """

    layer: str | None
    concept: str
    auc: float


@dataclass(frozen=True)
class ProbeInput:
    """How a network takes its image. ``mean``, ``std``: of grey levels in [0, 1]. ``side``: of the
    images in px, those that the network takes."""

    mean: float = 0.0
    std: float = 1.0
    side: int = SIDE


def linear_probes(
    network: nn.Module,
    taken: ProbeInput,
    lock: AbstractContextManager | None = None,
    on_progress: ProgressCallback = no_progress,
) -> tuple[Probe, ...]:
    """Return the probes of each depth of the encoder, the image's own grey level first.

    A depth is the last layer at one resolution on the way down. Training and test pixels come from
    different images, as many with the concept as without it. ``lock``: the network's own.
    ``on_progress`` is called after each image and may stop it.

    Raises:
        LamellaError: a network that takes images too small for objects.
        Cancelled: raised by ``on_progress``.
    """
    count = TRAINING_IMAGES + TEST_IMAGES
    shape = (1, input_channels(network), taken.side, taken.side)
    prepared = Prepared(network, shape, lock)
    depths = depths_of(prepared)
    features: dict[tuple[str | None, str], list[np.ndarray]] = {}
    labels = np.repeat([True, False], PIXELS)
    for seed in range(count):
        made = probe_image(seed, taken.side)
        found = _at_pixels(prepared, taken, depths, made, seed)
        for key, values in found.items():
            features.setdefault(key, []).append(values)
        on_progress(seed + 1, count)
    return tuple(
        Probe(
            layer,
            concept,
            probe_auc(
                np.concatenate(features[layer, concept][:TRAINING_IMAGES]),
                np.tile(labels, TRAINING_IMAGES),
                np.concatenate(features[layer, concept][TRAINING_IMAGES:]),
                np.tile(labels, TEST_IMAGES),
            ),
        )
        for layer in (IMAGE, *depths)
        for concept in CONCEPTS
    )


def depths_of(prepared: Prepared) -> tuple[str, ...]:
    """Return the last layer at each resolution on the way down, by its exact name."""
    heights = layers_with_maps(layer_table(prepared.trace))
    lowest = min(heights.values())
    last: dict[int, str] = {}
    deepest = max(index for index, height in enumerate(heights.values()) if height == lowest)
    for name, height in list(heights.items())[: deepest + 1]:
        last[height] = name
    return tuple(last[height] for height in sorted(last, reverse=True))


def probe_auc(
    features: np.ndarray, labels: np.ndarray, test_features: np.ndarray, test_labels: np.ndarray
) -> float:
    """Return the area under the ROC curve of a ridge classifier on ``test_features``.

    ``features``: (N, C), ``labels``: (N,) bool, to learn from.
    """
    mean, std = features.mean(0), features.std(0)
    std = np.where(std > 0, std, 1)
    known, unseen = (features - mean) / std, (test_features - mean) / std
    target = np.where(labels, 1.0, -1.0)
    square = known.T @ known + RIDGE * len(known) * np.eye(known.shape[1])
    score = unseen @ np.linalg.solve(square, known.T @ (target - target.mean()))
    positive = int(test_labels.sum())
    ranks = rankdata(score)[test_labels].sum() - positive * (positive + 1) / 2
    return float(ranks / (positive * (len(score) - positive)))


def _at_pixels(
    prepared: Prepared, taken: ProbeInput, depths: Sequence[str], made: ProbeImage, seed: int
) -> dict[tuple[str | None, str], np.ndarray]:
    """Return the channels (2 * PIXELS, C) over drawn pixels, those with a concept first, by layer
    and concept."""
    weight = next(prepared.network.parameters())
    image = torch.from_numpy((made.grey - taken.mean) / taken.std).to(weight.device)
    subject = Subject(
        prepared.network,
        image.expand(prepared.shape).contiguous(),
        pixels=made.grey,
        lock=prepared.lock,
        prepared=prepared,
    )
    maps: dict[str | None, np.ndarray] = {IMAGE: made.grey[None]}
    for one in record_feature_maps(subject, depths):
        maps[one.layer.name] = one.activations
    random = np.random.default_rng(seed)
    found = {}
    for concept in CONCEPTS:
        mask = made.masks[concept]
        drawn = np.concatenate(
            [random.choice(np.flatnonzero(part), PIXELS) for part in (mask, ~mask)]
        )
        places = np.stack(np.unravel_index(drawn, mask.shape), axis=1)
        for layer, values in maps.items():
            found[layer, concept] = _enlarged(torch.from_numpy(values.copy()), places, taken.side)
    return found


def _enlarged(maps: Tensor, places: np.ndarray, side: int) -> np.ndarray:
    """Return maps (C, h, w), enlarged linearly to ``side``, at (N, 2) rows and columns: (N, C)."""
    # The middles of pixels, from -1 at one border to 1 at the other, columns first.
    at = torch.from_numpy((2 * places[:, ::-1] + 1) / side - 1).to(maps)
    found = nn.functional.grid_sample(
        maps[None], at[None, None], padding_mode="border", align_corners=False
    )
    return found[0, :, 0].T.double().numpy()
