"""Generated images for linear probes: an outline, a texture and an object are known at each pixel.

Textures and objects cannot be told by the brightness of a pixel, and each of the three needs more
of its surroundings than the one before: an outline a few pixels, a texture a patch, the inside of
an object its whole outline.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import LamellaError
from core.types.arrays import read_only

CONCEPTS = ("edge", "texture", "object")
LEAST_SIDE = 96
GREY, CONTRAST, LINE_CONTRAST = 0.5, 0.07, 0.25
GRAIN_PX = (0.7, 1.8)
"""Standard deviations of the blurs that make the fine and the coarse texture."""
RADIUS_PX = (10.0, 22.0)
WIDTH_PX = 2
AREA_OF_ONE_PX = 4500


@dataclass(frozen=True, eq=False)
class ProbeImage:
    """``grey``: (H, W) float32 in [0, 1]. ``masks``: (H, W) bool by concept: "edge", on an outline;
    "texture", the coarse one of two; "object", inside a closed outline."""

    grey: np.ndarray
    masks: dict[str, np.ndarray]


def probe_image(seed: int, side: int = 256) -> ProbeImage:
    """Return a generated image of ``side`` px: two textures of equal mean and contrast, and on them
    closed outlines and, as many, open ones of the same line.

    Raises:
        LamellaError: a side below 96 px.
    """
    if side < LEAST_SIDE:
        raise LamellaError(
            f"Probes need images of at least {LEAST_SIDE} px a side; this network takes {side} px."
        )
    random = np.random.default_rng(seed)
    coarse = _noise(random, side, side / 10) > 0
    fine_grain, coarse_grain = (_noise(random, side, sigma) for sigma in GRAIN_PX)
    grey = GREY + CONTRAST * np.where(coarse, coarse_grain, fine_grain)
    lines, inside = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    taken = np.zeros((side, side), np.uint8)
    for number in range(2 * max(2, side * side // AREA_OF_ONE_PX)):
        is_closed = number % 2 == 0
        axes = random.uniform(*RADIUS_PX, 2)
        centre = random.uniform(axes.max() + 2, side - axes.max() - 2, 2)
        turn, start = random.uniform(0, 360, 2)
        ellipse = tuple(map(round, centre)), tuple(map(round, axes))
        room = np.zeros_like(taken)
        cv2.ellipse(room, ellipse[0], tuple(one + 4 for one in ellipse[1]), turn, 0, 360, 1, -1)
        if (room & taken).any():
            continue
        taken |= room
        # An open outline is half of one: it has an inner side but nothing inside.
        end = 360 if is_closed else start + 180
        begin = 0 if is_closed else start
        cv2.ellipse(lines, *ellipse, turn, begin, end, 1, WIDTH_PX)
        if is_closed:
            cv2.ellipse(inside, *ellipse, turn, 0, 360, 1, -1)
    sign = random.choice([-1, 1])
    profile = cv2.GaussianBlur(lines.astype(np.float32), (0, 0), 0.7)
    grey = np.clip(grey + sign * LINE_CONTRAST * profile, 0, 1).astype(np.float32)
    edge = lines > 0
    masks = {"edge": edge, "texture": coarse, "object": (inside > 0) & ~edge}
    return ProbeImage(read_only(grey), {name: read_only(mask) for name, mask in masks.items()})


def _noise(random: np.random.Generator, side: int, sigma: float) -> np.ndarray:
    """Return smooth noise (side, side) of mean 0 and standard deviation 1."""
    noise = cv2.GaussianBlur(
        random.standard_normal((side, side)), (0, 0), sigma, borderType=cv2.BORDER_REFLECT
    )
    return (noise - noise.mean()) / noise.std()
