"""Random crops for training a classifier, augmented so that only structure predicts the class.

Magnification, grey levels, compression and burnt-in scale bars vary alike for every class.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.pixels.resampling import resample
from core.segmentation.preprocessing import grey_levels
from core.synthesis.drawings import words
from core.training.augmentation import Augmentation, degrade

SMALLEST_SHARE, SMALLEST_PX = 0.3, 64
STRETCHED, LABELLED, COMPRESSED = 0.3, 0.15, 0.3
QUALITY = (35, 95)


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """``grey`` (H, W) uint8 after the grey-level stretch, ``image_class``: index of its class,
    ``specimen``: what must stay on one side of a split."""

    name: str
    grey: np.ndarray
    image_class: int
    specimen: str


def random_classification_crop(
    image: LabelledImage, side: int, augmentation: Augmentation, random: np.random.Generator
) -> np.ndarray:
    """Return an augmented crop (side, side) float32 in [0, 1].

    It covers 30 to 100 % of the image's shorter side, with an aspect that differs by up to 15 %.
    """
    grey = resample(_window(image.grey, random).astype(np.float32) / 255, (side, side))
    grey = np.rot90(grey, int(random.integers(4)))
    grey = grey[:, ::-1] if random.random() < 0.5 else grey
    if random.random() < STRETCHED:
        grey = grey_levels(grey)
    grey = degrade(np.ascontiguousarray(grey), augmentation, random)
    if random.random() < LABELLED:
        grey = _labelled(grey, random)
    return _compressed(grey, random) if random.random() < COMPRESSED else grey


def _window(grey: np.ndarray, random: np.random.Generator) -> np.ndarray:
    shorter = min(grey.shape)
    smallest = min(shorter, max(SMALLEST_PX, SMALLEST_SHARE * shorter))
    field = np.exp(random.uniform(np.log(smallest), np.log(shorter)))
    sides = [min(n, int(field * random.uniform(0.85, 1.15))) for n in grey.shape]
    top, left = (
        int(random.integers(n - own + 1)) for n, own in zip(grey.shape, sides, strict=True)
    )
    return grey[top : top + sides[0], left : left + sides[1]]


def _labelled(grey: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the crop with a scale bar or a few letters burnt in, near an edge."""
    made, side = np.rint(grey * 255).astype(np.uint8), len(grey)
    tone = int(random.choice((0, 255)))
    row, column = int(side * random.choice((0.08, 0.93))), int(side * random.uniform(0.03, 0.6))
    if random.random() < 0.6:
        cv2.line(made, (column, row), (column + side // 4, row), tone, int(random.integers(1, 4)))
    else:
        size = random.uniform(0.3, 0.8)
        cv2.putText(made, words(random, 1)[:6], (column, row), 0, size, tone, 1, cv2.LINE_AA)
    return made.astype(np.float32) / 255


def _compressed(grey: np.ndarray, random: np.random.Generator) -> np.ndarray:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*QUALITY))]
    packed = cv2.imencode(".jpg", np.rint(grey * 255).astype(np.uint8), quality)[1]
    unpacked = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))
    return unpacked.astype(np.float32) / 255
