"""The lattice that runs on the page: its time, and means that are exact within their error."""

from __future__ import annotations

import pytest

from core.errors import LamellaError
from core.synthesis.ising import exact as ising_exact
from core.synthesis.ising.live import STARTS, LiveLattice, Means, single_flip_time

# Energies a site of the periodic 32 x 32 lattice by Kaufman 1949, doi:10.1103/PhysRev.76.1232; at
# 1.8 and 2.6 they are Onsager's of the infinite lattice within 2e-4.
KAUFMAN = {1.8: -1.859304, 2.27: -1.432152, 2.6: -1.028465}
SEED = 5


def settled(
    algorithm: str, start: str, temperature: float, sweeps: int
) -> tuple[float, Means | None]:
    """Run a lattice until it says its mean, or for ``sweeps``; return the time and the mean."""
    lattice = LiveLattice(32, temperature, start, SEED)
    while lattice.sweeps < sweeps and lattice.means() is None:
        lattice.advance(algorithm, 20, seconds=60)
    return lattice.sweeps, lattice.means()


@pytest.mark.parametrize("temperature", KAUFMAN)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("algorithm", ["Metropolis, checkerboard", "Wolff"])
def test_the_mean_of_a_live_lattice_is_the_exact_one_or_is_held_back(
    algorithm: str, start: str, temperature: float
) -> None:
    sweeps, means = settled(algorithm, start, temperature, 1500)
    if means is None:
        # Single flips take longer than this at Tc, and nothing else does.
        assert (algorithm, temperature) == ("Metropolis, checkerboard", 2.27)
        return
    assert sweeps >= 100
    assert means.energy.error < 0.02
    assert abs(means.energy.value - KAUFMAN[temperature]) < 3 * means.energy.error
    if temperature == 1.8:
        exact = float(ising_exact.magnetization(temperature))
        assert abs(means.magnetization.value - exact) < 3 * means.magnetization.error


def test_single_flips_at_tc_say_no_mean_before_their_chain_can_tell_its_correlation_time() -> None:
    """This seed's chain looks short-lived, and its mean of 700 sweeps was 4 errors off."""
    lattice = LiveLattice(32, 2.27, "ordered", 4)
    while lattice.sweeps < 700:
        lattice.advance("Metropolis, checkerboard", 20, seconds=60)
    assert lattice.means() is None


def test_the_time_of_single_flips_is_the_measured_one_at_tc_and_short_elsewhere() -> None:
    # Integrated times of |m| over 50,000 checkerboard sweeps.
    assert single_flip_time(16, 2.27) == pytest.approx(10.9, rel=0.2)
    assert single_flip_time(8, 2.27) == pytest.approx(3.0, rel=0.2)
    assert single_flip_time(64, 1.8) < single_flip_time(64, 2.6) < 2


def test_a_random_start_that_froze_into_a_stripe_says_no_mean() -> None:
    """Two straight walls around the border cost nothing to move and do not go away."""
    lattice = LiveLattice(32, 1.2, "random", 0)
    lattice.spins[0] = 1
    lattice.spins[0, :16] = -1
    lattice.advance("Metropolis, checkerboard", 600, seconds=60)
    assert lattice.magnetization < 0.5
    assert lattice.means() is None


def test_a_live_lattice_counts_flips_a_site_with_clusters_and_begins_anew() -> None:
    lattice = LiveLattice(16, 0.1, "ordered")
    lattice.advance("Wolff", 5, seconds=60)
    # So cold, each cluster is the whole lattice.
    assert (lattice.steps, lattice.sweeps) == (5, 5.0)
    hot = LiveLattice(16, 50.0, "ordered")
    hot.advance("Wolff", 0.1, seconds=60)
    assert 0.1 <= hot.sweeps < 0.2 and hot.steps > 10
    lattice.advance("Metropolis, random sites", 200, seconds=60)
    assert lattice.means().energy.value == pytest.approx(-2)
    lattice.heat_to(2.0)
    assert (lattice.steps, lattice.sweeps, lattice.means()) == (0, 0, None)


def test_a_live_lattice_refuses_an_odd_side() -> None:
    with pytest.raises(LamellaError, match="L = 15 is odd"):
        LiveLattice(15, 2.0)
    lattice = LiveLattice(16, 2.0, "ordered")
    assert lattice.spins.min() == 1
    with pytest.raises(LamellaError, match="temperature"):
        lattice.heat_to(0.0)


def test_a_live_lattice_stops_when_its_time_is_up() -> None:
    lattice = LiveLattice(16, 2.0)
    lattice.advance("Metropolis, checkerboard", 100, seconds=0)
    assert (lattice.steps, lattice.sweeps) == (1, 1)
