"""Metropolis on many Ising lattices at once: no Python loop runs over spins.

Spins are (N, L, L) int8 in {-1, 1}, N independent lattices with periodic borders; J = k = 1, no
field. Functions that change spins do so in place and take their random generator explicitly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.errors import LamellaError
from core.types.progress import ProgressCallback, no_progress

LEAST_SIDE, MOST_SIDE = 4, 512
LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-4, 100.0


def check_lattice(side: int, temperatures: np.ndarray) -> None:
    """Refuse a lattice that cannot be simulated here.

    Raises:
        LamellaError: an odd side, one out of range, or a temperature out of range.
    """
    if side % 2:
        raise LamellaError(
            f"A side of L = {side} is odd; the checkerboard closes around the periodic border only "
            f"for an even L, such as {side + 1}."
        )
    if not LEAST_SIDE <= side <= MOST_SIDE:
        raise LamellaError(
            f"A side of L = {side} came; it must be even and from {LEAST_SIDE} to {MOST_SIDE}."
        )
    given = np.atleast_1d(np.asarray(temperatures, np.float64))
    wrong = given[~((given >= LEAST_TEMPERATURE) & (given <= MOST_TEMPERATURE))]
    if len(wrong):
        raise LamellaError(
            f"A temperature of {wrong[0]:g} J/k came; it must lie between {LEAST_TEMPERATURE:g} "
            f"and {MOST_TEMPERATURE:g}."
        )


def random_spins(count: int, side: int, random: np.random.Generator) -> np.ndarray:
    """Return (count, side, side) spins of infinite temperature."""
    return random.integers(0, 2, (count, side, side), np.int8) * 2 - 1


def energy(spins: np.ndarray) -> np.ndarray:
    """Return the energy a site of each lattice, (N,) float64 in J, -2 to 2."""
    bonds = spins * np.roll(spins, 1, 1) + spins * np.roll(spins, 1, 2)
    return -bonds.mean((1, 2), dtype=np.float64)


def magnetization(spins: np.ndarray) -> np.ndarray:
    """Return the magnetization a site of each lattice, (N,) float64, -1 to 1."""
    return spins.mean((1, 2), dtype=np.float64)


def checkerboard(
    spins: np.ndarray,
    temperatures: np.ndarray,
    sweeps: int,
    random: np.random.Generator,
    progress: ProgressCallback = no_progress,
) -> None:
    """Run ``sweeps`` Metropolis sweeps in place: all black sites at once, then all white ones.

    ``temperatures``: (N,). Sites of one colour have no bond with each other, so each half sweep is
    as many single flips. Source: Metropolis et al. 1953, doi:10.1063/1.1699114.
    """
    half_temperature = (np.asarray(temperatures, np.float32) / 2)[:, None, None]
    even, odd = spins[:, 0::2], spins[:, 1::2]
    # Packed so that every array holds the sites of one colour only, side by side.
    black = np.stack([even[..., 0::2], odd[..., 1::2]], 2).reshape(len(spins), -1, even.shape[1])
    white = np.stack([even[..., 1::2], odd[..., 0::2]], 2).reshape(black.shape)
    for sweep in range(sweeps):
        _half_sweep(black, white, 1, half_temperature, random)
        _half_sweep(white, black, -1, half_temperature, random)
        progress(sweep + 1, sweeps)
    even[..., 0::2], odd[..., 1::2] = black[:, 0::2], black[:, 1::2]
    even[..., 1::2], odd[..., 0::2] = white[:, 0::2], white[:, 1::2]


def _half_sweep(
    mine: np.ndarray,
    other: np.ndarray,
    shift: int,
    half_temperature: np.ndarray,
    random: np.random.Generator,
) -> None:
    """Try every site of one colour; ``shift``: where its second neighbour in an even row lies."""
    around = other + np.roll(other, 1, 1) + np.roll(other, -1, 1)
    around[:, 0::2] += np.roll(other[:, 0::2], shift, 2)
    around[:, 1::2] += np.roll(other[:, 1::2], -shift, 2)
    around *= mine
    # A flip costs 2 s sum; u < exp(-cost / T) is cost < T E with E = -ln u, exponential.
    chance = random.standard_exponential(mine.shape, np.float32) * half_temperature
    np.negative(mine, out=mine, where=around < chance)


def random_site(
    spins: np.ndarray,
    temperatures: np.ndarray,
    sweeps: float,
    random: np.random.Generator,
    progress: ProgressCallback = no_progress,
) -> None:
    """Run Metropolis at random sites in place for ``sweeps``: tries a site, in the mean.

    ``temperatures``: (N,). Each site has a Poisson clock of rate 1, so the order of sites is
    random. A site whose clock is behind those of its four neighbours cannot be overtaken by them;
    all such sites, an eighth of the lattice, are tried at once, and the result is exactly that of
    the tries one after another. Source: Lubachevsky 1987, Complex Systems 1, 1099.
    """
    half_temperature = np.asarray(temperatures, np.float64) / 2
    clocks = random.standard_exponential(spins.shape)
    flat_spins, flat_clocks = spins.reshape(-1), clocks.reshape(-1)
    area, reported = spins[0].size, 0
    while True:
        earliest = np.minimum(np.roll(clocks, 1, 1), np.roll(clocks, -1, 1))
        np.minimum(earliest, np.roll(clocks, 1, 2), out=earliest)
        np.minimum(earliest, np.roll(clocks, -1, 2), out=earliest)
        # A clock past the end waits there for the others.
        np.minimum(earliest, sweeps, out=earliest)
        sites = np.flatnonzero(clocks < earliest)
        if not len(sites):
            return
        around = flat_spins[neighbours(sites, spins.shape[1])].sum(0, dtype=np.int8)
        chance = random.standard_exponential(len(sites)) * half_temperature[sites // area]
        mine = flat_spins[sites]
        flat_spins[sites] = np.where(mine * around < chance, -mine, mine)
        flat_clocks[sites] += random.standard_exponential(len(sites))
        now = int(flat_clocks[sites[0]])
        if now > reported:
            reported = min(now, int(sweeps))
            progress(reported, int(sweeps))


def neighbours(sites: np.ndarray, side: int) -> np.ndarray:
    """Return the four neighbours, (4, n), of flat indices (n,) into spins (N, side, side)."""
    inside = sites % (side * side)
    return _table(side)[:, inside] + (sites - inside)


@lru_cache(8)
def _table(side: int) -> np.ndarray:
    """Return the neighbours of each site of one lattice, (4, side * side)."""
    lattice = np.arange(side * side).reshape(side, side)
    moves = ((1, 0), (-1, 0), (1, 1), (-1, 1))
    return np.stack([np.roll(lattice, by, axis).ravel() for by, axis in moves])
