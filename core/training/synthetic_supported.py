"""Generated micrographs of supported metal particles as training data."""

from __future__ import annotations

import numpy as np

from core.synthesis.supported.image import draw_supported
from core.training.augmentation import Pair
from core.training.source import SyntheticData

# Streams that no training step draws from: a step's generator is seeded with (seed, step).
TRAIN_STREAM, VALIDATION_STREAM, TEST_STREAM = (
    (1_000_003, 0, 0),
    (1_000_003, 0, 1),
    (1_000_003, 0, 2),
)


def supported_data(side: int = 256, validation: int = 40, train: int = 96) -> SyntheticData:
    """Return training data generated on the fly, with ids of instances as labels.

    ``side``: of the images in ``validation`` and ``train``, in px.
    """
    return SyntheticData(
        draw_supported,
        supported_pairs("train", TRAIN_STREAM, train, side),
        supported_pairs("validation", VALIDATION_STREAM, validation, side),
    )


def supported_pairs(name: str, stream: tuple[int, ...], count: int, side: int) -> tuple[Pair, ...]:
    """Return ``count`` images and instances from a stream, each 8-bit as a file would be."""
    random = np.random.default_rng(stream)
    drawn = (draw_supported(random, side) for _ in range(count))
    return tuple(
        Pair(f"{name}-{index}", np.rint(image * 255).astype(np.uint8), instances)
        for index, (image, instances) in enumerate(drawn)
    )
