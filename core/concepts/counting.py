"""Small pictures of one to six particles, to be counted: a task that takes more than one layer.

Areas alone do not tell: radii differ, particles touch, and some are darker than the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDE = 16
MOST = 6
CHANCE_ERROR = 1 - 1 / MOST
RADII_PX = (1.5, 2.6)
NOISE = 0.15
SHADING = 0.3
DEVIATION = 0.35
"""Of the grey levels, about, before they are divided by it."""


@dataclass(frozen=True, eq=False)
class Counted:
    """``images``: (N, 16, 16) float32, mean 0 each. ``counts``: (N,) int64, 1 to 6."""

    images: np.ndarray
    counts: np.ndarray


def particles(number: int, seed: int = 0) -> Counted:
    """Return ``number`` pictures, each count as often as any other."""
    random = np.random.default_rng(seed)
    counts = np.arange(number) % MOST + 1
    images = np.stack([_picture(int(count), random) for count in counts])
    images -= images.mean((1, 2), keepdims=True)
    return Counted((images / DEVIATION).astype(np.float32), counts)


def _picture(count: int, random: np.random.Generator) -> np.ndarray:
    row, column = np.mgrid[:SIDE, :SIDE]
    while True:
        placed = _placed(count, random)
        if placed is not None:
            break
    covered = np.zeros((SIDE, SIDE))
    for y, x, radius in placed:
        covered = np.maximum(covered, np.clip(radius - np.hypot(row - y, column - x) + 0.5, 0, 1))
    slope = random.uniform(-SHADING, SHADING, 2) / SIDE
    ground = slope[0] * row + slope[1] * column
    sign = 1 if random.random() < 0.5 else -1
    noise = random.normal(0, NOISE, covered.shape)
    return sign * random.uniform(0.6, 1) * covered + ground + noise


def _placed(count: int, random: np.random.Generator) -> list[tuple[float, float, float]] | None:
    """Return centres and radii of particles that at most touch, None where there is no room."""
    found: list[tuple[float, float, float]] = []
    for _ in range(200):
        radius = random.uniform(*RADII_PX)
        y, x = random.uniform(radius, SIDE - 1 - radius, 2)
        if all(np.hypot(y - b, x - a) >= radius + other for b, a, other in found):
            found.append((float(y), float(x), float(radius)))
            if len(found) == count:
                return found
    return None
