"""A lattice that runs while one looks at it, and the means of what it shows once it has settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
CLUSTERS = "Wolff"
STARTS = ("ordered", "random")
LEAST_SWEEPS = 100
LEAST_TIMES = 100
"""The least length of a chain in its own correlation times, so that these can be told at all."""
WINDOW = 6
AGREEMENT = 2.0
DYNAMIC_EXPONENT = 2.17
"""Of single flips: Nightingale and Bloete 1996, doi:10.1103/PhysRevLett.76.4548."""
AMPLITUDE = 0.03
"""Of the correlation time of |m| at Tc in checkerboard sweeps, measured at L = 8 and 16."""


@dataclass(frozen=True)
class Mean:
    """A mean over a chain, and its standard error with the chain's correlation counted in."""

    value: float
    error: float


@dataclass(frozen=True)
class Means:
    """``energy``: a site, in J. ``magnetization``: of |m| a site."""

    energy: Mean
    magnetization: Mean


class LiveLattice:
    """One lattice of ``side`` x ``side`` at ``temperature``; ``start``: one of STARTS.

    ``spins``: (1, L, L), or (2, L, L) from a random start: a second lattice, which nobody sees,
    begins ordered, and the first has settled once both say the same. ``steps``: Metropolis sweeps,
    or Wolff clusters, since it was made or the temperature changed. ``sweeps``: tries a site, or
    with clusters flips a site, the measure of time in which the algorithms can be compared.

    Raises:
        LamellaError: an odd side, or a side or temperature out of range.
    """

    def __init__(self, side: int, temperature: float, start: str = "random", seed: int = 0) -> None:
        check_lattice(side, np.array([temperature]))
        self.side, self.start, self.seed = side, start, seed
        self._random = np.random.default_rng(seed)
        count = 1 if start == "ordered" else 2
        self.spins = np.ones((count, side, side), np.int8)
        if start != "ordered":
            self.spins[0] = random_spins(1, side, self._random)[0]
        self._begin(temperature)

    def _begin(self, temperature: float) -> None:
        self.temperature = temperature
        self._algorithm = ""
        self.steps, self.sweeps = 0, 0.0
        self._energies: list[np.ndarray] = []
        self._magnetizations: list[np.ndarray] = []

    def heat_to(self, temperature: float) -> None:
        """Go on at another temperature, and count anew.

        Raises:
            LamellaError: it is out of range.
        """
        check_lattice(self.side, np.array([temperature]))
        self._begin(temperature)

    def advance(self, algorithm: str, sweeps: float, seconds: float = 0.15) -> None:
        """Run one of ALGORITHMS for up to ``sweeps``, at least one step, and for ``seconds``.

        Another algorithm than before counts anew.
        """
        if algorithm != self._algorithm:
            self._begin(self.temperature)
            self._algorithm = algorithm
        until, wanted = time.monotonic() + seconds, self.sweeps + sweeps
        temperatures = np.full(len(self.spins), self.temperature)
        while True:
            before = self.spins[0].copy()
            ALGORITHMS[algorithm](self.spins, temperatures, 1, self._random)
            self.steps += 1
            flipped = float(np.mean(self.spins[0] != before))
            self.sweeps += flipped if algorithm == CLUSTERS else 1.0
            self._energies.append(energy(self.spins))
            self._magnetizations.append(np.abs(magnetization(self.spins)))
            if self.sweeps >= wanted or time.monotonic() > until:
                return

    @property
    def energy(self) -> float:
        """The energy a site now, in J."""
        return float(energy(self.spins)[0])

    @property
    def magnetization(self) -> float:
        """|m| now."""
        return abs(float(magnetization(self.spins)[0]))

    def means(self) -> Means | None:
        """Return the means over the second half of the chain; None before it has settled.

        It has settled once that half is 100 times as long as its correlation time, both halves of
        it agree, and, from a random start, the lattice that began ordered says the same: each
        within two standard errors, in the energy and in |m|.
        """
        if self.sweeps < LEAST_SWEEPS:
            return None
        half = self.steps // 2
        chains = [np.array(kept[half:]) for kept in (self._energies, self._magnetizations)]
        times = [_correlation_time(chain[:, 0]) for chain in chains]
        if self._algorithm != CLUSTERS:
            # A chain shorter than its correlation time cannot tell how long that is.
            times.append(single_flip_time(self.side, self.temperature))
        if len(chains[0]) < LEAST_TIMES * max(times):
            return None
        if not all(_agree(chain, max(times)) for chain in chains):
            return None
        return Means(*(_mean(chain[:, 0], max(times)) for chain in chains))


def single_flip_time(side: int, temperature: float) -> float:
    """Return the correlation time of |m| that single flips have at least, in sweeps.

    The lattice's side or the correlation length, whichever is shorter, to the power of the dynamic
    exponent. Source of the length: Onsager 1944, doi:10.1103/PhysRev.65.117.
    """
    coupling = 1 / temperature
    inverse_length = abs(2 * coupling + np.log(np.tanh(coupling)))
    return AMPLITUDE * min(side, 1 / max(inverse_length, 1 / side)) ** DYNAMIC_EXPONENT


def _agree(chain: np.ndarray, steps: float) -> bool:
    """Return whether both halves of ``chain`` (n, lattices), and all lattices, have one mean."""
    middle = len(chain) // 2
    pairs = [(chain[:middle, 0], chain[middle:, 0])]
    pairs += [(chain[:, 0], other) for other in chain.T[1:]]
    means = [[_mean(one, steps) for one in pair] for pair in pairs]
    return all(
        abs(one.value - other.value) <= AGREEMENT * np.hypot(one.error, other.error)
        for one, other in means
    )


def _mean(values: np.ndarray, steps: float) -> Mean:
    error = np.sqrt(2 * steps * values.var() / len(values))
    return Mean(float(values.mean()), float(error))


def _correlation_time(values: np.ndarray) -> float:
    """Return the integrated autocorrelation time of ``values`` (n,) in steps, at least 1/2.

    Summed up to a window of six times itself. Source: Sokal 1997, in Functional Integration,
    doi:10.1007/978-1-4899-0319-8_6.
    """
    deviation = values - values.mean()
    if not deviation.any():
        return 0.5
    spectrum = np.fft.rfft(deviation, 2 * len(values))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: len(values)]
    times = 0.5 + np.cumsum(correlation[1:]) / correlation[0]
    inside = np.flatnonzero(np.arange(1, len(times) + 1) >= WINDOW * times)
    return max(0.5, float(times[inside[0]] if len(inside) else times[-1]))
