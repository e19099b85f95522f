"""Ising snapshots made on the spot, so that the lecture's networks have something to judge."""

from __future__ import annotations

import cv2
import numpy as np

from core.synthesis.ising.exact import CRITICAL_TEMPERATURE


def quench(temperatures: np.ndarray, side: int = 16, seed: int = 0) -> np.ndarray:
    """Return spins (N, side, side) float32 in {-1, 1}, one image a temperature (N,) above 0.

    Metropolis at random sites, from a random start, for ``side`` sweeps, periodic: a quench, as the
    lecture's data are, and below the critical temperature no equilibrium.
    """
    random = np.random.default_rng(seed)
    count = len(temperatures)
    spins = random.choice(np.array([-1, 1], np.int8), (count, side, side))
    steps = side**3
    rows, columns = random.integers(0, side, (2, steps, count))
    # Spins sum to -4, -2 ... 4 around a site: the flip costs 2 s sum.
    chances = random.random((steps, count))
    images = np.arange(count)
    for row, column, chance in zip(rows, columns, chances, strict=True):
        around = (
            spins[images, row - 1, column]
            + spins[images, (row + 1) % side, column]
            + spins[images, row, column - 1]
            + spins[images, row, (column + 1) % side]
        )
        cost = 2.0 * spins[images, row, column] * around
        flips = chance < np.exp(-np.maximum(cost, 0) / temperatures)
        spins[images, row, column] = np.where(flips, -1, 1) * spins[images, row, column]
    return spins.astype(np.float32)


def two_classes(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` snapshots (count, 16, 16) and labels (count,): 0 below the critical T."""
    temperatures = np.linspace(0.05, 2 * CRITICAL_TEMPERATURE - 0.05, count)
    return quench(temperatures, seed=seed), (temperatures > CRITICAL_TEMPERATURE).astype(np.int64)


def as_spins(image: np.ndarray, side: int = 16) -> np.ndarray:
    """Return an image (H, W) as spins (side, side) in {-1, 1}: averaged, cut at its median."""
    small = cv2.resize(np.array(image, np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return np.where(small > np.median(small), 1, -1).astype(np.float32)


def moved(spins: np.ndarray, columns: int) -> np.ndarray:
    """Return spins (side, side) shifted around to the right."""
    return np.roll(spins, columns, 1)
