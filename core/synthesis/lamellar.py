"""A two-phase alloy that solidified in part as lamellae: plain grains beside lamellar colonies.

Made for trying to teach a network: the two have the same mean grey and differ in texture alone, so
that no threshold and no model of the zoo tells them apart; dark pores are the third phase. It
follows what such images look like and no physics of growth. The same seed gives the same image.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from core.synthesis.smooth_noise import smooth_noise
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

SHAPE = (320, 416)
NAMES = ("grain", "lamellar colony", "pore")
COLONIES, PORES = 16, 9
LAMELLAR_SHARE = 0.45
SPACING_PX = (5.0, 9.0)
GREY, CONTRAST, PORE_GREY = 0.55, 0.13, 0.1


@dataclass(frozen=True, eq=False)
class LamellarImage:
    """``micrograph``, and its truth: ``labels`` (H, W) uint8, index into :data:`NAMES`."""

    micrograph: Micrograph
    labels: np.ndarray


def lamellar(seed: int) -> LamellarImage:
    """Return grains and colonies of lamellae, each with an orientation and a spacing of its own."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    region = _regions(rows, columns, random)
    grey = np.full(SHAPE, GREY, np.float32)
    labels = np.zeros(SHAPE, np.uint8)
    is_lamellar = random.random(COLONIES) < LAMELLAR_SHARE
    # At least one of each.
    is_lamellar[:2] = True, False
    for number in range(COLONIES):
        here = region == number
        angle, spacing = random.uniform(0, np.pi), random.uniform(*SPACING_PX)
        if is_lamellar[number]:
            across = rows * np.sin(angle) + columns * np.cos(angle)
            across += 6 * smooth_noise(SHAPE, 40, random)
            grey[here] += CONTRAST * np.sin(2 * np.pi * across / spacing)[here]
            labels[here] = 1
        else:
            grey[here] += random.uniform(-0.04, 0.04)
    pores = _pores(rows, columns, random)
    labels[pores], grey[pores] = 2, PORE_GREY
    grey += 0.04 * smooth_noise(SHAPE, 90, random)
    seen = cv2.GaussianBlur(grey, (0, 0), 1.0) + random.normal(0, 0.05, SHAPE)
    pixels = np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)
    micrograph = Micrograph(
        pixels=pixels.astype(np.float32) / 255,
        name=f"lamellar-{seed}.png",
        digest=hashlib.sha256(pixels.tobytes()).hexdigest(),
        pixel_size=PixelSize(25.0, "synthetic"),
        metadata={"origin": "synthetic", "seed": str(seed)},
        file_shape=pixels.shape,
        dtype="uint8",
        notes=("Synthetic: made by Lamella, with known truth.",),
    )
    return LamellarImage(micrograph, labels)


def _regions(rows: np.ndarray, columns: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return which of the colonies (H, W) each pixel belongs to: the nearest middle."""
    middles = random.uniform(0, 1, (COLONIES, 2)) * SHAPE
    bent = 10 * smooth_noise(SHAPE, 30, random)
    far = [(rows + bent - row) ** 2 + (columns - bent - column) ** 2 for row, column in middles]
    return np.argmin(far, axis=0)


def _pores(rows: np.ndarray, columns: np.ndarray, random: np.random.Generator) -> np.ndarray:
    found = np.zeros(SHAPE, np.bool_)
    for row, column, radius in zip(
        random.uniform(0, SHAPE[0], PORES),
        random.uniform(0, SHAPE[1], PORES),
        random.uniform(4, 11, PORES),
        strict=True,
    ):
        found |= (rows - row) ** 2 + (columns - column) ** 2 < radius**2
    return found
