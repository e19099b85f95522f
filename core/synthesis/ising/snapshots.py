"""Ising snapshots with their temperatures: in equilibrium, and the lecture's, after a quench."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.lattice import check_lattice, checkerboard, random_site, random_spins
from core.synthesis.ising.wolff import wolff
from core.types.arrays import read_only
from core.types.micrograph import Micrograph
from core.types.progress import ProgressCallback, no_progress

Kind = Literal["equilibrium", "quench"]
EQUILIBRIUM_STEPS = 60
SLOW = (1.9, 3.0)
"""Temperatures between which single flips take too long to forget where they began."""


@dataclass(frozen=True, eq=False)
class Snapshots:
    """``spins``: (N, L, L) int8 in {-1, 1}. ``temperatures``: (N,) in J/k, Tc = 2.269185."""

    spins: np.ndarray
    temperatures: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "spins", read_only(np.asarray(self.spins, np.int8)))
        object.__setattr__(self, "temperatures", read_only(np.asarray(self.temperatures)))

    def __len__(self) -> int:
        return len(self.spins)

    @property
    def side(self) -> int:
        return self.spins.shape[-1]

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64: 0 below the critical temperature, 1 above."""
        return (self.temperatures > CRITICAL_TEMPERATURE).astype(np.int64)

    def only(self, chosen: np.ndarray) -> Snapshots:
        """Return those that ``chosen``, a mask or indices, names."""
        return Snapshots(self.spins[chosen], self.temperatures[chosen])


def spread_temperatures(count: int, seed: int = 0) -> np.ndarray:
    """Return ``count`` temperatures spread like the lecture's: evenly from 0 to 2 Tc, at random
    within their step, (count,) ascending."""
    random = np.random.default_rng(seed)
    steps = np.arange(count) + random.uniform(0.01, 0.99, count)
    return 2 * CRITICAL_TEMPERATURE * steps / count


def make_snapshots(
    kind: Kind,
    side: int,
    temperatures: np.ndarray,
    seed: int = 0,
    progress: ProgressCallback = no_progress,
) -> Snapshots:
    """Return one snapshot a temperature, each from a lattice of its own.

    Raises:
        LamellaError: an odd side, or a side or temperature out of range.
    """
    return {"quench": quench, "equilibrium": equilibrium}[kind](side, temperatures, seed, progress)


def quench(
    side: int, temperatures: np.ndarray, seed: int = 0, progress: ProgressCallback = no_progress
) -> Snapshots:
    """Return what the lecture's data are: a random start, then ``side`` sweeps at random sites.

    Below the critical temperature these are frozen, coarsening domains and no equilibrium.

    Raises:
        LamellaError: an odd side, or a side or temperature out of range.
    """
    check_lattice(side, temperatures)
    random = np.random.default_rng(seed)
    spins = random_spins(len(temperatures), side, random)
    random_site(spins, temperatures, side, random, progress)
    return Snapshots(spins, temperatures)


def equilibrium(
    side: int,
    temperatures: np.ndarray,
    seed: int = 0,
    progress: ProgressCallback = no_progress,
    steps: int = EQUILIBRIUM_STEPS,
) -> Snapshots:
    """Return equilibrium: from an ordered start, ``steps`` sweeps, each after a Wolff flip near Tc.

    Wolff flips undo what is slow near the critical temperature, sweeps what is local.

    Raises:
        LamellaError: an odd side, or a side or temperature out of range.
    """
    check_lattice(side, temperatures)
    random = np.random.default_rng(seed)
    count = len(temperatures)
    spins = np.ones((count, side, side), np.int8) * random_spins(count, 1, random)
    slow = (temperatures > SLOW[0]) & (temperatures < SLOW[1])
    clusters = spins[slow]
    for step in range(steps):
        wolff(clusters, temperatures[slow], 1, random)
        spins[slow] = clusters
        checkerboard(spins, temperatures, 1, random)
        clusters = spins[slow]
        progress(step + 1, steps)
    return Snapshots(spins, temperatures)


def as_micrograph(spins: np.ndarray, name: str) -> Micrograph:
    """Return a lattice (L, L) as an image: up is white, down is black, one px a spin."""
    pixels = (spins > 0).astype(np.float32)
    return Micrograph(
        pixels,
        name,
        hashlib.sha256(name.encode() + pixels.tobytes()).hexdigest(),
        metadata={"origin": "synthetic"},
        file_shape=pixels.shape,
        dtype="uint8",
        notes=("An Ising snapshot made by Lamella; one px is one spin.",),
    )
