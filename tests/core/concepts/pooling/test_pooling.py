"""Pooling, spots in noise, and shifts, against torch, order statistics and Zhang's example."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.concepts.pooling import pooling, pooling_noise, pooling_shift
from core.concepts.pooling.pooling import Pooling
from core.concepts.snippet import Snippet
from core.errors import LamellaError
from core.figures.networks import pooling as figures


def printed(snippet: Snippet) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(snippet.code, {})
    return out.getvalue().strip()


@pytest.mark.parametrize("side", [6, 7, 11])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pooling_equals_torch(side: int, window: int, stride: int) -> None:
    image = np.random.default_rng(side).random((side, side + 2))
    batch = torch.from_numpy(image)[None, None]
    largest = functional.max_pool2d(batch, window, stride)[0, 0].numpy()
    mean = functional.avg_pool2d(batch, window, stride)[0, 0].numpy()
    assert np.array_equal(pooling.pool(image, Pooling("max", window, stride)), largest)
    assert np.allclose(pooling.pool(image, Pooling("average", window, stride)), mean, atol=1e-12)
    height, width = (side - window) // stride + 1, (side + 2 - window) // stride + 1
    assert pooling.pool(image, Pooling("median", window, stride)).shape == (height, width)


def test_median_of_a_window() -> None:
    image = np.array([[1.0, 9.0], [2.0, 4.0]])
    assert pooling.pool(image, Pooling("median", 2, 2)).tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (Pooling("max", 9, 1), "does not fit"),
        (Pooling("max", 2, 0), "does not fit"),
        (Pooling("minimum", 2, 2), 'no pooling "minimum"'),
    ],
)
def test_a_pooling_that_cannot_be(asked: Pooling, part: str) -> None:
    with pytest.raises(LamellaError, match=part):
        pooling.pool(np.zeros((8, 8)), asked)


def test_window_behind_a_pixel() -> None:
    image = np.arange(64.0).reshape(8, 8)
    found = pooling.window_at(image, Pooling("max", 3, 2), 1, 2)
    assert (found.top, found.left, found.result) == (2, 4, 38.0)
    assert found.values[0].tolist() == [20, 21, 22]
    beyond = pooling.window_at(image, Pooling("max", 3, 2), 99, 99)
    assert (beyond.top, beyond.left) == (4, 4)


@pytest.mark.parametrize("operation", pooling.OPERATIONS)
def test_lines_to_copy_pool_the_window(operation: str) -> None:
    chosen = Pooling(operation, 3, 2)
    window = pooling.window_at(np.random.default_rng(3).random((9, 9)), chosen, 1, 1)
    snippet = pooling.snippet(window, chosen)
    assert printed(snippet) == snippet.prints
    assert float(snippet.prints) == pytest.approx(window.result, abs=1e-3)


@pytest.mark.parametrize(
    ("count", "mean"), [(1, 0.0), (2, 1 / np.sqrt(np.pi)), (4, 1.0294), (9, 1.4850), (16, 1.7660)]
)
def test_mean_of_the_largest_normal_value(count: int, mean: float) -> None:
    assert pooling_noise.expected_lift(count) == pytest.approx(mean, abs=5e-5)


@pytest.mark.parametrize("window", [2, 3])
def test_lines_to_copy_give_the_lift(window: int) -> None:
    snippet = pooling_noise.snippet(window)
    assert printed(snippet) == snippet.prints


def flat_scores(contrast: float, dose: float) -> dict[str, pooling_noise.SpotScore]:
    image = pooling_noise.spotty(np.ones((480, 480)), contrast, dose)
    return {score.operation: score for score in pooling_noise.spot_scores(image, 2, 2)}


def test_max_lifts_the_noise_and_average_does_not() -> None:
    scores = flat_scores(1.0, 1000)
    assert scores["none"].noise == pytest.approx(1)
    assert scores["max"].lift == pytest.approx(1.0294, abs=0.03)
    # The deviation of the largest of four standard normal values.
    assert scores["max"].noise == pytest.approx(0.7012, abs=0.02)
    assert scores["average"].lift == pytest.approx(0, abs=0.01)
    assert scores["average"].noise == pytest.approx(0.5, abs=0.01)


def test_contrast_of_a_strong_spot_by_hand() -> None:
    dose = 1000
    scores = flat_scores(1.0, dose)
    height = np.sqrt(dose)
    assert scores["none"].contrast_to_noise == pytest.approx(height, rel=0.02)
    assert scores["average"].contrast_to_noise == pytest.approx(height / 4 / 0.5, rel=0.03)
    by_hand = (height - 1.0294) / 0.7012
    assert scores["max"].contrast_to_noise == pytest.approx(by_hand, rel=0.03)
    assert scores["median"].contrast_to_noise < 2


def test_in_strong_noise_max_keeps_less_than_it_was_given() -> None:
    scores = flat_scores(0.1, 100)
    assert scores["max"].contrast_to_noise < scores["none"].contrast_to_noise


@pytest.mark.parametrize(
    ("ground", "contrast", "dose"),
    [(np.zeros((24, 24)), 1, 10), (np.ones((24, 24)), 0, 10), (np.ones((24, 24)), 1, float("nan"))],
)
def test_spots_that_cannot_be(ground: np.ndarray, contrast: float, dose: float) -> None:
    with pytest.raises(LamellaError, match="above 0"):
        pooling_noise.spotty(ground, contrast, dose)


def test_windows_so_large_that_no_ground_is_left() -> None:
    image = pooling_noise.spotty(np.ones((36, 36)), 1, 10)
    with pytest.raises(LamellaError, match="smaller window"):
        pooling_noise.spot_scores(image, 30, 3)


def test_a_shift_by_the_stride_changes_nothing() -> None:
    image = np.random.default_rng(0).random((32, 64))
    for curve in pooling_shift.shift_curves(image, 3, 2, range(5)):
        assert curve.changes[0] == curve.changes[2] == curve.changes[4] == 0
        assert min(curve.changes[1], curve.changes[3]) > 0


def test_noise_moved_by_one_pixel_is_another_noise() -> None:
    image = np.random.default_rng(0).standard_normal((200, 400))
    curves = {curve.operation: curve for curve in pooling_shift.shift_curves(image, 2, 2, [0, 1])}
    # Taken with the stride alone, two unrelated values; averaged in pairs, half of them shared.
    assert curves[pooling_shift.SUBSAMPLING].changes[1] == pytest.approx(np.sqrt(2), abs=0.02)
    assert curves["average"].changes[1] == pytest.approx(1.0, abs=0.02)


def test_zhangs_example() -> None:
    assert pooling_shift.pooled_steps(0) == (0, 1, 0, 1)
    assert pooling_shift.pooled_steps(1) == (1, 1, 1, 1)


def test_an_image_too_narrow_to_move() -> None:
    with pytest.raises(LamellaError, match="too little to move"):
        pooling_shift.shift_curves(np.zeros((32, 20)), 4, 2, range(9))


def test_figures_show_the_numbers() -> None:
    window = pooling.window_at(np.eye(4), Pooling("max", 2, 2), 0, 0)
    grid, over = figures.window_figure(window).data
    assert grid.z.tolist() == over.z.tolist() == [[1, 0], [0, 1]]
    # Black on white, white on black.
    assert [grid.text[0][0], over.text[0][1]] == ["1.00", "0.00"]
    assert (grid.textfont.color, over.textfont.color) == ("#000000", "#ffffff")
    scores = tuple(flat_scores(1.0, 1000).values())
    bars = figures.contrast_figure(scores).data[0]
    assert bars.text[0] == f"{scores[0].contrast_to_noise:.2f}"
    curves = pooling_shift.shift_curves(np.random.default_rng(0).random((32, 64)), 2, 2, range(3))
    lines = figures.shift_figure(curves, range(3)).data
    assert [line.name for line in lines] == ["stride only", "max", "average", "median"]
