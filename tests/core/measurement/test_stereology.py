"""Points and lines of a phase, neighbours, directions, fitted distributions: known answers."""

import numpy as np
import pytest
from scipy import stats

from core.errors import DataError
from core.measurement.arrangement import clark_evans, nearest_neighbours
from core.measurement.direction import mean_direction
from core.measurement.size_fit import SizeFit, fit_sizes
from core.measurement.stereology import count_points, phase_on_lines

EVERYWHERE = np.ones((80, 80), bool)


def test_stripes_have_the_intercepts_and_free_paths_that_they_are_drawn_with():
    """Stripes of 4 px every 16 px: along rows 4 px in, 12 px between; along columns none end."""
    stripes = np.broadcast_to(np.arange(80) % 16 < 4, (80, 80))
    found = phase_on_lines(stripes, EVERYWHERE)
    assert found.area_fraction == 0.25
    # Nine changes on each of 80 rows, none on columns, over both.
    assert found.per_length == pytest.approx(9 * 80 / 2 / (2 * 6400))
    assert found.mean_free_path_px / found.mean_intercept_px == pytest.approx(3)


def test_an_absent_phase_has_no_intercept():
    found = phase_on_lines(~EVERYWHERE, EVERYWHERE)
    assert (found.area_fraction, found.mean_intercept_px, found.mean_free_path_px) == (
        0,
        None,
        None,
    )
    with pytest.raises(DataError, match="No pixel"):
        phase_on_lines(EVERYWHERE, ~EVERYWHERE)


def test_points_on_a_boundary_count_half():
    """A grid of 4 x 4 points at 10, 30, 50, 70; the phase ends at 30 and 50."""
    half = np.zeros((80, 80), bool)
    half[:, 30:50] = True
    found = count_points(half, EVERYWHERE, 4)
    assert found.counts.sum() == 4 * (0.5 + 0.5)
    half[:, 29:51] = True
    assert count_points(half, EVERYWHERE, 4).counts.sum() == 8
    np.testing.assert_array_equal(found.places[0], [9.5, 9.5])
    with pytest.raises(DataError, match="give 1 to 79"):
        count_points(half, EVERYWHERE, 80)


def test_clark_and_evans_random_regular_and_clustered():
    random = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        places = random.uniform(0, 100, (100, 2))
        inside.append(clark_evans(nearest_neighbours(places), 10_000, 400))
    # 5 px is expected of 100 points in 100 x 100 px, a little more with the edge.
    assert np.mean([one.ratio for one in inside]) == pytest.approx(1, abs=0.01)
    assert np.mean([abs(one.z) < 1.96 for one in inside]) == pytest.approx(0.95, abs=0.04)
    grid = np.stack(np.meshgrid(np.arange(5, 100, 10), np.arange(5, 100, 10)), -1).reshape(-1, 2)
    regular = clark_evans(nearest_neighbours(grid), 10_000, 400)
    assert regular.ratio == pytest.approx(10 / (5 + 0.0555 * 4)) and regular.in_words == "regular"
    pairs = np.concatenate([grid, grid + 0.5])
    assert clark_evans(nearest_neighbours(pairs), 10_000, 400).in_words == "clustered"
    with pytest.raises(DataError, match="two are needed"):
        nearest_neighbours(np.zeros((1, 2)))


def test_directions_have_no_sense():
    angle, together = mean_direction(np.array([80.0, -80.0]))
    assert abs(angle) == pytest.approx(90) and together == pytest.approx(np.cos(np.radians(20)))
    assert mean_direction(np.array([0.0, 90.0]))[1] == pytest.approx(0, abs=1e-12)
    assert mean_direction(np.array([10.0, 50.0]), np.array([1.0, 0.0]))[0] == pytest.approx(10)


def test_fitted_parameters_are_those_of_scipy():
    sizes = np.random.default_rng(2).gamma(4.0, 2.5, 500)
    shape, _, scale = stats.gamma.fit(sizes, floc=0)
    found = fit_sizes(sizes, "gamma")
    assert (found.shape, found.scale) == pytest.approx((shape, scale), rel=1e-4)
    sigma, _, median = stats.lognorm.fit(sizes, floc=0)
    assert fit_sizes(sizes, "log-normal").shape == pytest.approx(sigma, rel=1e-4)
    assert fit_sizes(sizes, "log-normal").scale == pytest.approx(median, rel=1e-4)
    assert found.distance == pytest.approx(stats.kstest(sizes, found.cumulative).statistic)
    copies = np.array([1.0, 2.0])[np.arange(500) % 2]
    again = fit_sizes(np.repeat(sizes, copies.astype(int)), "gamma")
    assert fit_sizes(sizes, "gamma", copies).shape == pytest.approx(again.shape)


def test_the_goodness_of_a_fit_tells_families_apart():
    sizes = np.random.default_rng(3).lognormal(3, 0.6, 800)
    assert fit_sizes(sizes, "log-normal").p_value > 0.1
    assert fit_sizes(sizes, "gamma").p_value < 0.01
    assert "p < 0.01" in fit_sizes(sizes, "gamma").in_words()


def test_p_values_are_those_of_chance():
    """Of samples that are log-normal a tenth has a p-value below 0.1."""
    random = np.random.default_rng(4)
    found = [fit_sizes(random.lognormal(3, 0.4, 40), "log-normal").p_value for _ in range(60)]
    assert 0.02 <= np.mean(np.array(found) < 0.1) <= 0.21


@pytest.mark.parametrize("sizes", [np.ones(5), np.ones(20), np.arange(20.0)])
def test_sizes_that_cannot_be_fitted_are_refused(sizes):
    with pytest.raises(DataError):
        fit_sizes(sizes, "log-normal")


def test_a_fit_is_told_in_the_unit_of_its_sizes() -> None:
    fit = SizeFit("log-normal", shape=0.25, scale=12.1, distance=0.03, p_value=0.4)
    goodness = "Kolmogorov-Smirnov D = 0.030, p = 0.40"
    assert fit.in_words("nm") == f"log-normal, median 12.1 nm, σ of ln 0.25; {goodness}"
    assert fit.in_words() == f"log-normal, median 12.1, σ of ln 0.25; {goodness}"
