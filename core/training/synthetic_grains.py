"""Synthetic grain microstructures as training data: each crop a microstructure of its own."""

from __future__ import annotations

import numpy as np

from core.segmentation.preprocessing import grey_levels
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import draw_settings
from core.training.augmentation import Pair
from core.training.source import SyntheticData

DIAMETER_PX = (25.0, 140.0)
BAND_PX = 6.0
# Streams that no training step draws from: a step's generator is seeded with (seed, step).
TRAIN_STREAM, VALIDATION_STREAM = (1_000_001, 0, 0), (1_000_001, 0, 1)


def draw_grains(
    random: np.random.Generator, side: int, without: tuple[str, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return one image (side, side) float32 in [0, 1] and its boundaries (side, side) uint8.

    Grey levels are stretched as those of a user's micrograph are. ``without``: names of effects to
    leave out.
    """
    # Several grains must fit, so that a crop is a network and not one line.
    largest = min(DIAMETER_PX[1], 0.55 * side)
    settings = draw_settings(random, without, (DIAMETER_PX[0], largest), BAND_PX)
    image = generate(settings, (side, side), int(random.integers(2**31)))
    return grey_levels(image.grey.astype(np.float32) / 255), np.array(image.labels)


def grain_data(
    without: tuple[str, ...] = (), side: int = 256, validation: int = 24, train: int = 96
) -> SyntheticData:
    """Return training data generated on the fly; the validation images have every effect.

    ``side``: of the images in ``validation`` and ``train``, in px.
    """

    def draw(random: np.random.Generator, crop: int) -> tuple[np.ndarray, np.ndarray]:
        return draw_grains(random, crop, without)

    return SyntheticData(
        draw,
        _pairs("train", TRAIN_STREAM, train, side, without),
        _pairs("validation", VALIDATION_STREAM, validation, side, ()),
    )


def _pairs(
    name: str, stream: tuple[int, ...], count: int, side: int, without: tuple[str, ...]
) -> tuple[Pair, ...]:
    random = np.random.default_rng(stream)
    pairs = []
    for index in range(count):
        image, labels = draw_grains(random, side, without)
        pairs.append(Pair(f"{name}-{index}", np.rint(image * 255).astype(np.uint8), labels))
    return tuple(pairs)
