"""Simulated TEM images of gold particles as training data: each crop a specimen of its own."""

from __future__ import annotations

import numpy as np

from core.synthesis.gold.image import simulate
from core.synthesis.gold.settings import draw_settings
from core.training.augmentation import Pair
from core.training.source import SyntheticData

# Streams that no training step draws from: a step's generator is seeded with (seed, step).
TRAIN_STREAM, VALIDATION_STREAM, TEST_STREAM = (
    (1_000_002, 0, 0),
    (1_000_002, 0, 1),
    (1_000_002, 0, 2),
)


def draw_gold(random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one image (side, side) float32 in [0, 1] and its particles (side, side) uint8.

    Settings are drawn from the trained range; grey levels are stretched as those of a user's
    micrograph are.
    """
    image = simulate(draw_settings(random, side), side, int(random.integers(2**31)))
    return np.array(image.grey), np.array(image.labels)


def gold_data(side: int = 256, validation: int = 32, train: int = 96) -> SyntheticData:
    """Return training data generated on the fly.

    ``side``: of the images in ``validation`` and ``train``, in px.
    """
    return SyntheticData(
        draw_gold,
        gold_pairs("train", TRAIN_STREAM, train, side),
        gold_pairs("validation", VALIDATION_STREAM, validation, side),
    )


def gold_pairs(name: str, stream: tuple[int, ...], count: int, side: int) -> tuple[Pair, ...]:
    """Return ``count`` images and labels from a stream, each 8-bit as a file would be."""
    random = np.random.default_rng(stream)
    drawn = (draw_gold(random, side) for _ in range(count))
    return tuple(
        Pair(f"{name}-{index}", np.rint(image * 255).astype(np.uint8), labels)
        for index, (image, labels) in enumerate(drawn)
    )
