"""A lattice that runs while one looks at it, and the means of what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from core.synthesis.ising.lattice import (
    check_lattice,
    checkerboard,
    energy,
    magnetization,
    random_site,
    random_spins,
)
from core.synthesis.ising.wolff import wolff

ALGORITHMS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "Metropolis, checkerboard": checkerboard,
        "Metropolis, random sites": random_site,
        "Wolff": wolff,
    }
)
STARTS = ("ordered", "random")
LEFT_OUT = 30
"""Steps after a change that do not count for the means: the lattice has not settled yet."""


@dataclass
class LiveLattice:
    """One lattice of ``side`` x ``side`` at ``temperature``; ``start``: one of STARTS.

    ``steps``: sweeps, or clusters, since it was made or the temperature changed. ``energies``,
    ``magnetizations``: after each of them; those of |m| without their sign.

    Raises:
        LamellaError: an odd side, or a side or temperature out of range.
    """

    side: int
    temperature: float
    start: str = "random"
    seed: int = 0
    steps: int = 0
    energies: list[float] = field(default_factory=list)
    magnetizations: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_lattice(self.side, np.array([self.temperature]))
        self._random = np.random.default_rng(self.seed)
        self.spins = random_spins(1, self.side, self._random)
        if self.start == "ordered":
            self.spins[:] = 1

    def heat_to(self, temperature: float) -> None:
        """Go on at another temperature, and count anew.

        Raises:
            LamellaError: it is out of range.
        """
        check_lattice(self.side, np.array([temperature]))
        self.temperature = temperature
        self.steps, self.energies, self.magnetizations = 0, [], []

    def advance(self, algorithm: str, most_steps: int, seconds: float = 0.15) -> None:
        """Run up to ``most_steps`` steps of one of ALGORITHMS, at least one, for ``seconds``."""
        until = time.monotonic() + seconds
        for _ in range(most_steps):
            step = ALGORITHMS[algorithm]
            step(self.spins, np.array([self.temperature]), 1, self._random)
            self.steps += 1
            self.energies.append(float(energy(self.spins)[0]))
            self.magnetizations.append(abs(float(magnetization(self.spins)[0])))
            if time.monotonic() > until:
                return

    @property
    def mean_energy(self) -> float | None:
        """The mean energy a site since it settled; None before that."""
        return _mean(self.energies)

    @property
    def mean_magnetization(self) -> float | None:
        """The mean of |m| since it settled; None before that."""
        return _mean(self.magnetizations)


def _mean(values: list[float]) -> float | None:
    settled = values[LEFT_OUT:]
    return sum(settled) / len(settled) if settled else None
