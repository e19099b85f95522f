"""Size distributions: the worked example of ten particles, edge weights, the bootstrap."""

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.measurement.particle_size import (
    edge_weights,
    intervals_over_fields,
    mean_diameter,
    particles_needed,
    size_distribution,
    weighted_quantiles,
)

TEN = np.array([1, 2, 2, 3, 3, 3, 4, 4, 5, 10])


def test_ten_particles():
    found = size_distribution(TEN)
    assert found.count == 10
    assert found.number_mean == pytest.approx(3.7)
    assert (found.d10, found.d50, found.d90) == pytest.approx((1.9, 3.0, 5.5))
    assert found.sauter_mean == pytest.approx(7.000, abs=1e-3)
    assert found.volume_mean == pytest.approx(8.4478, abs=1e-4)
    assert found.span == pytest.approx(1.2)
    assert found.effective == 10


def test_edge_weights_of_a_field_of_1000_by_800():
    extents = np.array([50, 100, 200])
    weights = edge_weights(extents, extents, (800, 1000))
    np.testing.assert_allclose(1 / weights, [0.8906, 0.7875, 0.6], atol=5e-5)
    np.testing.assert_allclose(weights, [1.1228, 1.2698, 1.6667], atol=5e-5)
    with pytest.raises(DataError, match="as large as the image"):
        edge_weights(np.array([10]), np.array([1000]), (800, 1000))


def test_weights_act_like_copies():
    values, copies = np.array([2.0, 5.0, 7.0]), np.array([4, 1, 2])
    weighted = size_distribution(values, copies)
    repeated = size_distribution(np.repeat(values, copies))
    assert weighted.number_mean == pytest.approx(repeated.number_mean)
    assert weighted.volume_mean == pytest.approx(repeated.volume_mean)
    assert weighted.sauter_mean == pytest.approx(repeated.sauter_mean)


def test_equal_weights_give_the_quantiles_of_numpy():
    values = np.random.default_rng(0).lognormal(size=101)
    fractions = np.linspace(0, 1, 21)
    found = weighted_quantiles(values, np.full(101, 3.0), fractions)
    np.testing.assert_allclose(found, np.quantile(values, fractions))


def test_the_interval_of_the_median_narrows_with_the_count():
    random = np.random.default_rng(1)
    few, many = (size_distribution(random.normal(20, 2, count)) for count in (25, 2500))
    (few_low, few_high), (low, high) = few.intervals["d50"], many.intervals["d50"]
    assert few_low < few.d50 < few_high
    # Standard error of the median of a normal sample: sqrt(pi / 2) sigma / sqrt(n).
    expected = 2 * 1.96 * np.sqrt(np.pi / 2) * 2 / np.sqrt(2500)
    assert high - low == pytest.approx(expected, rel=0.25)
    assert few_high - few_low > 5 * (high - low)
    assert size_distribution(TEN) == size_distribution(TEN)


def test_one_particle_and_none():
    one = size_distribution(np.array([7.0]))
    assert (one.d10, one.d50, one.d90, one.span) == (7, 7, 7, 0)
    assert one.intervals == {}
    with pytest.raises(DataError, match="No particle"):
        size_distribution(np.array([]))
    with pytest.raises(DataError, match="10 diameters came with 2 weights"):
        size_distribution(TEN, np.ones(2))


def test_the_edge_corrected_mean_is_that_of_the_population():
    """Discs of 10 and 80 px in equal numbers over 200 x 200 px: their mean is 45 px."""
    random, count = np.random.default_rng(0), 20_000
    diameters = np.where(np.arange(count) % 2, 80.0, 10.0)
    # Everywhere from where the larger still reaches into the image.
    centres = random.uniform(-40, 240, (count, 2))
    cut = np.abs(centres - 100).max(1) + diameters / 2 >= 100
    weights = np.where(cut, np.nan, 1.0)
    weights[~cut] = edge_weights(diameters[~cut], diameters[~cut], (200, 200))
    table = pd.DataFrame(
        {"equivalent_diameter_px": diameters, "touches_edge": cut, "edge_weight": weights}
    )
    assert diameters[~cut].mean() < 32
    assert mean_diameter(table) == pytest.approx(45, rel=0.02)
    assert np.isnan(mean_diameter(table[cut]))


def test_log_normal_particles_are_measured_without_bias():
    """Median 100 px in fields of 512 px: large ones are cut more often, and the rest make up for
    it. The whole discs of 200 fields, 67 in each, are one population."""
    random = np.random.default_rng(5)
    reach, many = 700, 1500
    count = 200 * many
    diameters = random.lognormal(np.log(100), 0.45, count)
    centres = random.uniform(-reach, 512 + reach, (count, 2))
    whole = (np.abs(centres - 256).max(1) + diameters / 2) < 256
    sizes = diameters[whole]
    weights = edge_weights(sizes, sizes, (512, 512))
    mean = 100 * np.exp(0.45**2 / 2)
    found = size_distribution(sizes, weights, seed=None)
    assert found.d50 == pytest.approx(100, rel=0.02)
    assert found.number_mean == pytest.approx(mean, rel=0.02)
    plain = size_distribution(sizes, seed=None)
    assert plain.d50 == pytest.approx(91, rel=0.02)
    assert plain.number_mean == pytest.approx(0.89 * mean, rel=0.02)


def test_how_many_particles_a_precision_needs():
    """The interval of a mean is 1.96 CV / sqrt(n) on either side."""
    sizes = np.random.default_rng(6).normal(100, 20, 2000)
    found = size_distribution(sizes)
    expected = (1.96 * 0.2 / 0.01) ** 2
    assert particles_needed(found, "number_mean", 0.01) == pytest.approx(expected, rel=0.15)
    assert particles_needed(size_distribution(np.array([7.0])), "number_mean", 0.05) is None
    with pytest.raises(DataError, match="between 0 and 1"):
        particles_needed(found, "number_mean", 5)


def test_intervals_over_fields_are_wider_where_fields_differ():
    random = np.random.default_rng(7)
    fields = np.repeat(np.arange(10), 100)
    alike = random.normal(100, 10, 1000)
    found = intervals_over_fields(alike, np.ones(1000), fields)
    low, high = found["number_mean"]
    # Student's t of 9 degrees of freedom, error 10 / sqrt(1000).
    assert high - low == pytest.approx(2 * 2.262 * 10 / np.sqrt(1000), rel=0.5)
    differing = alike + np.repeat(random.normal(0, 20, 10), 100)
    low, high = intervals_over_fields(differing, np.ones(1000), fields)["number_mean"]
    assert high - low == pytest.approx(2 * 2.262 * 20 / np.sqrt(10), rel=0.5)
    assert intervals_over_fields(alike, np.ones(1000), np.zeros(1000)) == {}
