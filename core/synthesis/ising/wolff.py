"""Wolff's cluster flips on many Ising lattices at once, for where single flips are too slow."""

from __future__ import annotations

import numpy as np

from core.synthesis.ising.lattice import neighbours
from core.types.progress import ProgressCallback, no_progress


def wolff(
    spins: np.ndarray,
    temperatures: np.ndarray,
    steps: int,
    random: np.random.Generator,
    progress: ProgressCallback = no_progress,
) -> None:
    """Flip ``steps`` clusters on each lattice, in place.

    ``spins``: (N, L, L) int8, contiguous. ``temperatures``: (N,). A cluster grows from a random
    site over equal neighbours with probability 1 - exp(-2 / T), a whole front at a time, on all
    lattices at once. Source: Wolff 1989, doi:10.1103/PhysRevLett.62.361.
    """
    count, side = spins.shape[:2]
    area = side * side
    joins = -np.expm1(-2 / np.asarray(temperatures, np.float64))
    flat = spins.reshape(-1)
    order = np.empty(flat.size, np.int64)
    for step in range(steps):
        front = np.arange(count) * area + random.integers(0, area, count)
        flat[front] *= -1
        while len(front):
            reached = neighbours(front, side)
            # The front is flipped already: its cluster's old spin is minus what it has now.
            equal = flat[reached] == -flat[front]
            equal &= random.random(reached.shape) < joins[front // area]
            front = _once_each(reached[equal], order)
            flat[front] *= -1
        progress(step + 1, steps)


def _once_each(sites: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return ``sites`` without repetitions; ``order`` is scratch space, one entry a spin."""
    places = np.arange(len(sites))
    order[sites] = places
    return sites[order[sites] == places]
