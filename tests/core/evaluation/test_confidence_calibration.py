"""Calibration against closed forms and torchmetrics; intervals against what they must be."""

import numpy as np
import pytest

from core.errors import DataError
from core.evaluation.confidence_calibration import (
    BINS,
    PixelSample,
    at_temperature,
    cross_fitted,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    sample_pixels,
)
from core.measurement.bootstrap import mean_over_images, over_all_images


def one_confidence(confidence: float, right: float, pixels: int = 400) -> tuple:
    """Return equal probabilities (2, 1, n) and a mask in which phase 1 is ``right`` so often."""
    probabilities = np.tile([[[1 - confidence]], [[confidence]]], (1, 1, pixels))
    mask = (np.arange(pixels) < right * pixels).astype(np.uint8)[None]
    return probabilities, mask


def three_phases() -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (3, 40, 50) and a mask that three in five pixels follow."""
    random = np.random.default_rng(7)
    logits = random.normal(0, 2, (3, 40, 50))
    follows, other = random.random((40, 50)) < 0.6, random.integers(0, 3, (40, 50))
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(0), np.where(follows, logits.argmax(0), other)


def test_a_network_that_says_090_and_is_right_in_075_is_off_by_015():
    found = reliability(*one_confidence(0.9, 0.75))
    assert found.expected_calibration_error == pytest.approx(0.15)
    assert found.overconfidence == pytest.approx(0.15)
    confidence, accuracy, share = found.curve
    # 0.9 lies in (13 / 15, 14 / 15].
    assert np.flatnonzero(share).tolist() == [13] and np.isnan(confidence[0])
    assert (confidence[13], accuracy[13]) == pytest.approx((0.9, 0.75))


def test_errors_of_opposite_sign_add_up_in_the_calibration_error_only():
    timid, bold = reliability(*one_confidence(0.6, 0.7)), reliability(*one_confidence(0.9, 0.8))
    assert (timid + bold).expected_calibration_error == pytest.approx(0.1)
    assert (timid + bold).overconfidence == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("top", "bin_"), [(1.0, BINS - 1), (10 / 15, 9), (10 / 15 + 1e-9, 10)])
def test_a_bin_holds_its_upper_bound(top: float, bin_: int):
    found = reliability(np.array([[top], [1 - top]]), np.array([0]))
    assert np.flatnonzero(found.pixels).tolist() == [bin_]


def test_the_calibration_error_is_that_of_torchmetrics():
    # torchmetrics 1.9.0: calibration_error(..., "multiclass", n_bins=15, norm="l1"), in float32.
    found = reliability(*three_phases())
    assert found.expected_calibration_error == pytest.approx(0.147999, abs=1e-6)


def test_the_temperature_of_one_confidence_is_a_ratio_of_log_odds():
    # sigmoid(ln 9 / T) = 3 / 4 where T = ln 9 / ln 3 = 2.
    sample = sample_pixels(*one_confidence(0.9, 0.75))
    assert fit_temperature([sample]) == pytest.approx(2, abs=0.005)
    scaled = at_temperature(sample.logarithms, 2.0)
    assert scaled[:, 0] == pytest.approx([0.25, 0.75], abs=1e-6)
    expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert negative_log_likelihood([sample], 2.0) == pytest.approx(expected, abs=1e-6)


def test_a_temperature_divides_logits_and_keeps_labels():
    probabilities, _ = three_phases()
    scaled = at_temperature(np.log(probabilities), 1.7)
    roots = probabilities ** (1 / 1.7)
    np.testing.assert_allclose(scaled, roots / roots.sum(0), atol=1e-12)
    assert np.array_equal(scaled.argmax(0), probabilities.argmax(0))


def test_a_temperature_is_judged_on_images_that_it_was_not_fitted_to():
    # Both images say 0.9. One is right in 3 of 4 pixels (T = 2), the other in 9 of 10 (T = 1).
    first = sample_pixels(*one_confidence(0.9, 0.75))
    second = sample_pixels(*one_confidence(0.9, 0.9))
    found = cross_fitted([first, second])
    assert found.values == pytest.approx((1, 2), abs=0.005)
    assert found.before.expected_calibration_error == pytest.approx(0.15 / 2, abs=1e-3)
    # Each is given the other's: 0.9 against 0.75 on the first, 0.75 against 0.9 on the second.
    assert found.after.expected_calibration_error == pytest.approx(0.15, abs=1e-3)
    assert cross_fitted([first]) is None


def test_sampled_pixels_stand_for_all_and_certainty_stays_finite():
    probabilities, mask = one_confidence(1.0, 0.5, pixels=1000)
    sample = sample_pixels(probabilities.astype(np.float16), mask, most=100)
    assert len(sample.reference) == 100 and sample.weight == 10
    assert np.isfinite(sample.logarithms).all()
    assert np.isfinite(negative_log_likelihood([sample], 1.0))
    # Right in half of the pixels at full confidence: the hottest temperature allowed.
    assert fit_temperature([sample]) > 15


def test_pixels_weigh_by_the_image_they_stand_for():
    sure, half = np.log([[0.9], [0.1]]), np.log([[0.5], [0.5]])
    samples = [PixelSample(sure, np.array([0]), 3.0), PixelSample(half, np.array([0]), 1.0)]
    expected = -(3 * np.log(0.9) + np.log(0.5)) / 4
    assert negative_log_likelihood(samples, 1.0) == pytest.approx(expected)


def test_what_does_not_fit_is_refused():
    probabilities, mask = one_confidence(0.9, 0.75)
    with pytest.raises(DataError, match="same"):
        reliability(probabilities, mask[:, 1:])
    with pytest.raises(DataError, match="none"):
        fit_temperature([])


def test_the_interval_of_a_mean_is_that_of_the_normal_for_many_images():
    values = np.random.default_rng(1).normal(0.8, 0.1, 400)
    found = mean_over_images(np.append(values, np.nan))
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.1 * half
    )


def test_fewer_than_eight_images_have_a_score_and_no_interval():
    few, enough = np.linspace(0.6, 0.9, 7), np.linspace(0.6, 0.9, 8)
    assert mean_over_images(few).value == pytest.approx(0.75)
    assert np.isnan([mean_over_images(few).low, mean_over_images(few).high]).all()
    assert mean_over_images(enough).low < 0.75 < mean_over_images(enough).high
    assert np.isnan(mean_over_images([]).value)
    alone = over_all_images(np.array([[3.0, 4.0]]), lambda c: c[:, 0] / c[:, 1])
    assert alone.value == 0.75 and np.isnan([alone.low, alone.high]).all()


def test_counts_are_added_before_they_are_divided():
    # 1 of 1 in four images and 1 of 9 in four: 8 of 40; the mean of the ratios would be 0.56.
    found = over_all_images(np.array([[1, 1], [1, 9]] * 4), lambda c: c[:, 0] / c[:, 1])
    assert found.value == pytest.approx(0.2)
    # k of 8 draws are of the first sort: 1 / (9 - k), with k from 1 to 7 in 95 % of the draws.
    assert (found.low, found.high) == pytest.approx((1 / 8, 1 / 2))


def test_tiles_of_one_micrograph_are_drawn_together():
    # Both tiles of a micrograph are alike: k of 8 micrographs, k from 1 to 7 in 95 % of the draws.
    values = [0, 0, 1, 1] * 4
    micrographs = [f"m{index // 2}" for index in range(16)]
    found = mean_over_images(values, micrographs)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 1 / 8, 7 / 8))
    tiles = mean_over_images(values)
    assert tiles.high - tiles.low < found.high - found.low
    seven = mean_over_images(values[:14], micrographs[:14])
    assert np.isnan([seven.low, seven.high]).all()


def test_draws_without_a_statistic_are_left_out_of_an_interval():
    # 7 images without objects: a draw of those alone has no ratio.
    counts = np.array([[1.0, 2.0]] + [[0.0, 0.0]] * 7)
    with np.errstate(invalid="ignore"):
        found = over_all_images(counts, lambda c: c[:, 0] / c[:, 1])
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)
