"""Image statistics, confidence, and the warning where an image is unlike the training images."""

from dataclasses import replace

import numpy as np
import pytest

from core.measurement.image_statistics import (
    correlation_length_px,
    image_statistics,
    noise_sigma,
)
from core.segmentation.confidence import mean_confidence, uncertainty
from core.segmentation.out_of_distribution import out_of_distribution_warnings
from core.synthesis.samples import samples
from core.training.augmentation import Pair
from core.types.micrograph import Micrograph
from core.types.model_card import StatisticRange
from core.types.pixel_size import PixelSize
from models import zoo
from research.ranges import training_ranges


def test_noise_is_that_of_the_normal_values_put_in_and_a_plane_has_none():
    rows, columns = np.mgrid[:400, :400] / 400
    plane = 0.2 + 0.3 * rows + 0.4 * columns
    random = np.random.default_rng(3)
    assert noise_sigma(plane) == pytest.approx(0, abs=1e-6)
    noisy = plane + random.normal(0, 0.05, plane.shape)
    assert noise_sigma(noisy) == pytest.approx(0.05, rel=0.02)


def test_correlation_length_of_a_moving_average_is_known():
    # White noise averaged over n x n px has the triangular autocorrelation 1 - lag / n.
    random = np.random.default_rng(4)
    n = 20
    white = random.normal(size=(1024 + n, 1024 + n)).cumsum(0).cumsum(1)
    averaged = white[n:, n:] - white[n:, :-n] - white[:-n, n:] + white[:-n, :-n]
    assert correlation_length_px(averaged) == pytest.approx(n * (1 - np.exp(-1)), rel=0.05)


def test_statistics_of_two_grey_levels():
    grey = np.zeros((100, 100))
    grey[:, :20] = 1
    found = image_statistics(grey)
    assert found.mean == pytest.approx(0.2)
    assert found.contrast == pytest.approx(0.4)
    # Bernoulli: (1 - 2 p) / sqrt(p (1 - p)).
    assert found.skewness == pytest.approx(0.6 / 0.4)


def test_constant_image_has_no_noise_and_no_structure():
    found = image_statistics(np.full((32, 32), 0.5))
    assert (found.contrast, found.skewness, found.noise, found.structure_px) == (0, 0, 0, 0)


def test_a_temperature_softens_confidence_and_uncertainty_alike():
    # At T = 2 odds of 9 to 1 become 3 to 1.
    two = np.tile(np.array([[[0.9]], [[0.1]]]), (1, 300, 2))
    assert mean_confidence(two, temperature=2.0) == pytest.approx(0.75, abs=1e-6)
    # -0.75 log2 0.75 - 0.25 log2 0.25
    np.testing.assert_allclose(uncertainty(two, 2.0), np.full((300, 2), 0.811278), atol=1e-5)
    certain = np.array([[[1.0]], [[0.0]]], np.float16)
    assert mean_confidence(certain, temperature=2.0) == pytest.approx(1, abs=1e-3)


def test_uncertainty_is_one_where_all_phases_are_as_likely_and_zero_where_one_is_certain():
    probabilities = np.array([[[1.0, 0.25]], [[0.0, 0.25]], [[0.0, 0.25]], [[0.0, 0.25]]])
    np.testing.assert_allclose(uncertainty(probabilities), [[0, 1]], atol=1e-6)
    two = np.array([[[0.9]], [[0.1]]], np.float16)
    # -0.9 log2 0.9 - 0.1 log2 0.1
    assert uncertainty(two)[0, 0] == pytest.approx(0.468996, abs=1e-3)


def test_mean_confidence_leaves_the_info_bar_out():
    probabilities = np.zeros((2, 4, 2))
    probabilities[0] = 0.7
    probabilities[1] = 0.3
    probabilities[:, 3] = [[1.0], [0.0]]
    assert mean_confidence(
        probabilities, np.arange(4)[:, None] < np.full((1, 2), 3)
    ) == pytest.approx(0.7)


def test_ranges_are_rounded_outwards():
    images = [np.full((16, 16), grey, np.uint8) for grey in (100, 151)]
    pairs = [Pair(str(i), image, np.zeros_like(image)) for i, image in enumerate(images)]
    mean = next(one for one in training_ranges(pairs) if one.name == "mean")
    # 100 / 255 = 0.39216, 151 / 255 = 0.59216
    assert (mean.low, mean.high) == (0.392, 0.593)


def test_image_outside_the_training_data_is_said_with_what_to_do():
    card = replace(
        zoo.card("particles"),
        ranges=(StatisticRange("mean", 0.0, 1.0), StatisticRange("noise", 0.0, 0.01)),
        pixel_range_nm=(1.0, 2.0),
    )
    noisy = Micrograph(
        np.random.default_rng(1).random((64, 64)), "noise", "digest", PixelSize(3.0, "typed")
    )
    about_size, about_noise = out_of_distribution_warnings(card, noisy)
    assert "3 nm lies outside the 1 to 2 nm" in about_size
    assert "noisier than any" in about_noise and "average several frames" in about_noise
    assert out_of_distribution_warnings(replace(card, ranges=()), noisy) == ()


@pytest.mark.parametrize(("name", "warnings"), [("gold-tem", 0), ("low-dose-tem", 1)])
def test_particles_warns_of_the_noisy_sample_alone(name, warnings):
    sample = next(one for one in samples() if one.name == name)
    found = out_of_distribution_warnings(zoo.card("particles"), sample.build().micrograph)
    assert len(found) == warnings
