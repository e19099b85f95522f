"""Three heads on one feature map: which of them gives the same answer when the image moves?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.types.arrays import read_only

OUTPUTS, GRID = 3, 8
FLATTEN, POOL, AVERAGE = "flatten + dense", "pool + dense", "global average"
HALF = 127.5
"""A weight of the flattening head is (byte - HALF) / HALF, so that all fit into one picture."""


@dataclass(frozen=True, eq=False)
class Heads:
    """Random weights, untrained: what moves is decided by how a head is wired.

    ``flat``: (H, W, OUTPUTS) uint8, a weight for each pixel of the map. ``coarse``: (GRID, GRID,
    OUTPUTS) float64, one for each window. ``mean``: (OUTPUTS,) float64, for the mean of the map.
    """

    flat: np.ndarray
    coarse: np.ndarray
    mean: np.ndarray


def random_heads(shape: tuple[int, int], seed: int = 0) -> Heads:
    """Return heads for feature maps up to ``shape`` (H, W)."""
    random = np.random.default_rng(seed)
    flat = random.integers(0, 256, (*shape, OUTPUTS), np.uint8)
    coarse = random.uniform(-1, 1, (GRID, GRID, OUTPUTS)).round(4)
    mean = random.uniform(0.25, 1, OUTPUTS).round(4)
    return Heads(read_only(flat), read_only(coarse), read_only(mean))


def outputs(found: np.ndarray, heads: Heads) -> dict[str, np.ndarray]:
    """Return the (OUTPUTS,) float64 of each head for a feature map (h, w), rectified first.

    The pooling head averages GRID x GRID windows, fewer where the map has fewer pixels.
    """
    rectified = np.maximum(found, 0)
    height, width = rectified.shape
    flat = (heads.flat[:height, :width] - HALF) / HALF
    grid = min(GRID, height, width)
    rows, columns = (np.arange(grid + 1) * length // grid for length in (height, width))
    sums = np.add.reduceat(np.add.reduceat(rectified, rows[:-1], 0), columns[:-1], 1)
    means = sums / np.outer(np.diff(rows), np.diff(columns))
    return {
        FLATTEN: np.einsum("hw,hwo->o", rectified, flat),
        POOL: np.einsum("hw,hwo->o", means, heads.coarse[:grid, :grid]),
        AVERAGE: rectified.mean() * heads.mean,
    }


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Return |after - before| / |before| of two vectors; 0 is invariance."""
    return float(np.linalg.norm(after - before) / (np.linalg.norm(before) or 1.0))
