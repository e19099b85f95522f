"""The Ising simulators against full enumeration, against Onsager, and against themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.errors import Cancelled, LamellaError
from core.synthesis.ising import exact as ising_exact
from core.synthesis.ising import lattice as ising
from core.synthesis.ising.cumulant import binder_cumulant, crossing
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.snapshots import equilibrium, make_snapshots, quench, spread_temperatures
from core.synthesis.ising.wolff import wolff

# Enumerated beforehand: energy, |m| and specific heat a site of the periodic 4 x 4 lattice.
FOUR = {
    1.0: (-1.997158, 0.999275, 0.023409),
    2.0: (-1.755380, 0.918943, 0.605533),
    CRITICAL_TEMPERATURE: (-1.565624, 0.843860, 0.783267),
    3.0: (-1.017070, 0.601291, 0.603135),
    5.0: (-0.456135, 0.342766, 0.119546),
}
SAMPLERS = {"checkerboard": ising.checkerboard, "random site": ising.random_site, "Wolff": wolff}


def all_states() -> np.ndarray:
    bits = np.arange(2**16)[:, None] >> np.arange(16) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, 4, 4)


def test_enumeration_gives_the_table_and_the_known_levels() -> None:
    states = all_states()
    energies = 16 * ising.energy(states)
    assert set(energies) == set(range(-32, 33, 4)) - {-28, 28}
    m = np.abs(ising.magnetization(states))
    for temperature, (energy, magnetization, heat) in FOUR.items():
        weights = np.exp(-(energies + 32) / temperature)
        weights /= weights.sum()
        mean = weights @ energies
        assert mean / 16 == pytest.approx(energy, abs=1e-6)
        assert weights @ m == pytest.approx(magnetization, abs=1e-6)
        variance = weights @ (energies - mean) ** 2
        assert variance / temperature**2 / 16 == pytest.approx(heat, abs=1e-6)


def test_binder_cumulant_of_the_enumeration() -> None:
    states = all_states()
    energies, m = 16 * ising.energy(states), ising.magnetization(states)
    known = {1.0: 0.666554, CRITICAL_TEMPERATURE: 0.617199, 3.0: 0.480541, 5.0: 0.207860}
    for temperature, cumulant in known.items():
        weights = np.exp(-(energies + 32) / temperature)
        weights /= weights.sum()
        assert binder_cumulant(weights @ m**2, weights @ m**4) == pytest.approx(cumulant, abs=1e-6)


def test_binder_cumulant_of_order_and_of_a_normal_distribution() -> None:
    assert binder_cumulant(0.25, 0.0625) == pytest.approx(2 / 3)
    assert binder_cumulant(0.01, 3 * 0.01**2) == pytest.approx(0)


def test_crossing_of_two_curves_that_are_known() -> None:
    temperatures = np.linspace(2.2, 2.34, 8)
    apart = temperatures - 2.269
    first, second = 0.61 - 2 * apart + 9 * apart**2, 0.61 - 4 * apart
    assert crossing(temperatures, first, second) == pytest.approx(2.269, abs=1e-9)
    with pytest.raises(LamellaError, match="do not cross"):
        crossing(temperatures, first, first - 1)


@pytest.mark.parametrize("temperature", FOUR)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samplers_agree_with_the_enumeration(sampler: str, temperature: float) -> None:
    """Within three standard errors, from 2000 lattices that know nothing of each other."""
    count, random = 2000, np.random.default_rng(1)
    spins = np.ones((count, 4, 4), np.int8) * ising.random_spins(count, 1, random)
    SAMPLERS[sampler](spins, np.full(count, temperature), 40, random)
    energies, m = ising.energy(spins), np.abs(ising.magnetization(spins))
    energy, magnetization, heat = FOUR[temperature]
    error = 1 / np.sqrt(count)
    assert abs(energies.mean() - energy) < 3 * error * energies.std()
    assert abs(m.mean() - magnetization) < 3 * error * m.std()
    squares = (energies - energies.mean()) ** 2 * 16 / temperature**2
    assert abs(squares.mean() - heat) < 3 * error * squares.std()


def test_onsager() -> None:
    temperatures = np.array([1.0, 1.5, 2.0, 2.2, 2.5, 3.0, 4.0, 5.0])
    energies = [-1.997160, -1.951117, -1.745565, -1.546489, -1.106079, -0.817310, -0.557272]
    assert ising_exact.energy(temperatures) == pytest.approx([*energies, -0.428229], abs=1e-6)
    magnetizations = [0.999276, 0.986500, 0.911319, 0.784755, 0, 0, 0, 0]
    assert ising_exact.magnetization(temperatures) == pytest.approx(magnetizations, abs=1e-6)
    assert pytest.approx(2.269185314213022, abs=1e-14) == CRITICAL_TEMPERATURE
    assert float(ising_exact.energy(CRITICAL_TEMPERATURE)) == pytest.approx(-np.sqrt(2), abs=1e-9)
    assert ising_exact.energy(np.array([1e-4, 0.01])) == pytest.approx(-2)
    assert ising_exact.magnetization(np.array([1e-4])) == pytest.approx(1)


def test_equilibrium_at_64_agrees_with_onsager() -> None:
    made = equilibrium(64, np.full(24, 2.0), seed=0)
    energies, m = ising.energy(made.spins), np.abs(ising.magnetization(made.spins))
    assert abs(energies.mean() + 1.745565) < 3 * energies.std() / np.sqrt(24)
    assert abs(m.mean() - 0.911319) < 3 * m.std() / np.sqrt(24)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_flips_cost_what_they_must_and_hot_lattices_stay_random(sampler: str) -> None:
    random = np.random.default_rng(0)
    spins = ising.random_spins(1, 64, random)
    changes = set()
    for row, column in ((0, 0), (5, 63), (63, 7), (31, 31), (12, 40), (63, 63), (2, 2), (9, 1)):
        flipped = spins.copy()
        flipped[0, row, column] *= -1
        changes.add(round(4096 * (ising.energy(flipped) - ising.energy(spins))[0]))
    assert changes <= {-8, -4, 0, 4, 8}
    SAMPLERS[sampler](spins, np.array([100.0]), 20, random)
    assert set(np.unique(spins)) == {-1, 1}
    assert abs(ising.energy(spins)[0] + 0.02) < 4 * np.sqrt(2 / 4096)


def test_every_cost_of_a_flip_occurs() -> None:
    spins = ising.random_spins(1, 64, np.random.default_rng(0))
    around = sum(np.roll(spins, by, axis) for by in (1, -1) for axis in (1, 2))
    assert set(np.unique(2 * spins * around)) == {-8, -4, 0, 4, 8}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_lattice(sampler: str) -> None:
    results = []
    for _ in range(2):
        random = np.random.default_rng(7)
        spins = ising.random_spins(3, 16, random)
        SAMPLERS[sampler](spins, np.array([1.0, 2.3, 4.0]), 5, random)
        results.append(spins)
    assert np.array_equal(*results)


def test_a_wolff_cluster_at_zero_temperature_is_a_whole_domain() -> None:
    spins = np.ones((2, 8, 8), np.int8)
    spins[1, :, 4:] = -1
    before = spins.copy()
    wolff(spins, np.full(2, 1e-4), 1, np.random.default_rng(0))
    assert (spins[0] == -1).all()
    assert sorted([(spins[1] != before[1]).sum(), 64]) == [32, 64]


def test_a_quench_follows_the_lecture() -> None:
    """Its images at T = 0.11 and 1.02, L = 64, have energies of -1.860 and -1.842, m near 0.24."""
    made = quench(64, np.repeat([0.11, 1.02], 16), seed=0)
    energies = ising.energy(made.spins).reshape(2, 16)
    errors = 4 * energies.std(1) / np.sqrt(16)
    assert (np.abs(energies.mean(1) - [-1.860, -1.842]) < errors).all()
    assert np.abs(ising.magnetization(made.spins)).mean() < 0.5


def test_the_walls_of_a_quench_shorten_as_the_root_of_time() -> None:
    """Source: Allen and Cahn 1979, doi:10.1016/0001-6160(79)90196-2."""
    random = np.random.default_rng(0)
    spins, temperatures = ising.random_spins(8, 128, random), np.full(8, 0.2)
    ising.random_site(spins, temperatures, 8, random)
    early = 2 + ising.energy(spins).mean()
    ising.random_site(spins, temperatures, 24, random)
    late = 2 + ising.energy(spins).mean()
    assert np.log(early / late) / np.log(4) == pytest.approx(0.5, abs=0.08)


def test_labels_and_temperatures() -> None:
    temperatures = spread_temperatures(100)
    assert (np.diff(temperatures) > 0).all()
    assert temperatures[0] > 0 and temperatures[-1] < 2 * CRITICAL_TEMPERATURE
    made = make_snapshots("quench", 4, np.array([1.0, CRITICAL_TEMPERATURE, 2.3]))
    assert made.labels.tolist() == [0, 0, 1]
    assert made.side == 4 and len(made.only(made.labels == 1)) == 1


@pytest.mark.parametrize(
    ("side", "temperature", "words"),
    [(15, 2.0, "L = 15 is odd"), (2, 2.0, "from 4 to 512"), (514, 2.0, "from 4 to 512")]
    + [(16, bad, "must lie between") for bad in (0.0, -1.0, float("nan"), 1e9)],
)
def test_bad_parameters_get_one_sentence(side: int, temperature: float, words: str) -> None:
    for kind in ("quench", "equilibrium"):
        with pytest.raises(LamellaError, match=words):
            make_snapshots(kind, side, np.array([temperature]))


@pytest.mark.parametrize("kind", ["quench", "equilibrium"])
def test_a_simulation_can_be_cancelled(kind: str) -> None:
    def stop(done: int, total: int) -> None:
        assert total in (16, 60)
        if done >= 3:
            raise Cancelled

    make: Callable = make_snapshots
    with pytest.raises(Cancelled):
        make(kind, 16, np.full(4, 2.0), progress=stop)
