"""The effective field: closed forms of linear networks, and what really differs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LamellaError
from core.inspection.receptive_field.effective_field import (
    effective_field,
    grid_of_pixels,
    laid_over,
    radius_holding,
)
from core.inspection.receptive_field.receptive_field import receptive_field
from core.inspection.subject import Subject
from models.architectures.small import SmallUnet


def uniform_stack(depth: int, kernel: int) -> nn.Module:
    """Return convolutions of equal weights: the gradient is the box, convolved with itself."""
    network = nn.Sequential(
        *[nn.Conv2d(1, 1, kernel, padding=kernel // 2, bias=False) for _ in range(depth)]
    )
    for layer in network:
        nn.init.constant_(layer.weight, 1 / kernel**2)
    return network.double()


def grey(side: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, side, side, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize(("depth", "kernel"), [(1, 3), (10, 3), (4, 5), (3, 7)])
def test_sigma_of_a_uniform_stack(depth: int, kernel: int) -> None:
    # Luo et al. 2016: the variance of one uniform kernel is (k^2 - 1) / 12, and variances add.
    subject = Subject(uniform_stack(depth, kernel), grey(61))
    field = effective_field(subject, [(30, 30)])
    sigma = math.sqrt(depth * (kernel**2 - 1) / 12)
    assert field.sigma_px == pytest.approx((sigma, sigma), rel=1e-9)
    assert field.centre == (30, 30)
    assert field.heat.sum() == pytest.approx(1, abs=1e-5)
    assert np.count_nonzero(field.heat) == (depth * (kernel - 1) + 1) ** 2


def test_published_example_of_ten_layers() -> None:
    field = effective_field(Subject(uniform_stack(10, 3), grey(41)), [(20, 20)])
    assert field.sigma_px[0] == pytest.approx(2.582, abs=5e-4)


def test_several_pixels_are_laid_on_each_other() -> None:
    subject = Subject(uniform_stack(2, 3), grey(33))
    one = effective_field(subject, [(16, 16)])
    calls: list[tuple[int, int]] = []
    many = effective_field(
        subject, [(10, 12), (16, 16), (20, 9)], on_progress=lambda *done: calls.append(done)
    )
    assert many.heat.shape == (65, 65)
    assert many.centre == (32, 32)
    np.testing.assert_allclose(many.heat[30:35, 30:35], one.heat[14:19, 14:19], atol=1e-7)
    assert many.radius_95_px == pytest.approx(one.radius_95_px)
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_units_that_nothing_changes_do_not_count() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    nn.init.constant_(network[0].weight, 1)
    nn.init.zeros_(network[0].bias)
    image = torch.ones(1, 1, 9, 9)
    image[0, 0, 2, 3] = -1
    field = effective_field(Subject(network, image), [(2, 3), (4, 4)])
    assert field.pixels == ((4, 4),)
    assert np.argwhere(field.heat).tolist() == [[8, 8]]


def test_units_of_a_coarse_layer_are_laid_on_each_other_by_their_centres() -> None:
    network = nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(1, 1, 1))
    field = effective_field(Subject(network, grey(16).float()), [(4, 4), (7, 7), (11, 8)], 0)
    # Wherever in its 4 x 4 px the chosen pixel lies, the unit's own 16 px stay on each other.
    assert np.count_nonzero(field.heat) == 16


def test_pixels_of_a_grid_lie_in_the_middle_half() -> None:
    assert grid_of_pixels((64, 128), 2) == ((24, 48), (24, 80), (40, 48), (40, 80))
    assert grid_of_pixels((9, 9), 1) == ((4, 4),)


def test_average_lies_over_the_chosen_pixel() -> None:
    subject = Subject(uniform_stack(2, 3), grey(33))
    average = effective_field(subject, [(10, 12), (16, 16)])
    one = effective_field(subject, [(20, 9)])
    laid = laid_over(average, 20, 9, subject.shape)
    np.testing.assert_allclose(laid.heat, one.heat, atol=1e-7)
    assert laid.centre == one.centre == (20, 9)
    assert laid.radius_95_px == average.radius_95_px
    corner = laid_over(average, 0, 32, subject.shape)
    assert np.argwhere(corner.heat).tolist() == [[r, c] for r in range(3) for c in (30, 31, 32)]


def test_radius_that_holds_a_part() -> None:
    heat = np.zeros((5, 5))
    heat[2, 2], heat[2, 4], heat[0, 0] = 0.9, 0.05, 0.05
    assert radius_holding(heat, (2, 2), 0.9) == 0
    assert radius_holding(heat, (2, 2), 0.95) == 2
    assert radius_holding(heat, (2, 2), 1.0) == pytest.approx(math.sqrt(8))


def test_uniform_disk_holds_95_percent_within_its_radius() -> None:
    rows, columns = np.mgrid[-100:101, -100:101]
    disk = (np.hypot(rows, columns) <= 90).astype(float)
    # Area grows with the square of the radius.
    assert radius_holding(disk, (100, 100), 0.95) == pytest.approx(90 * math.sqrt(0.95), rel=0.005)


def test_field_lies_inside_the_theoretical_box_and_depends_on_the_weights() -> None:
    torch.manual_seed(0)
    subject = Subject(SmallUnet(widths=(3, 4, 5)), grey(64).float())
    field = effective_field(subject, [(20, 33)], channel=1)
    seen = receptive_field(subject.trace, None, 20, 33).seen
    outside = field.heat.copy()
    outside[seen.slices] = 0
    assert not outside.any()
    random = effective_field(subject.with_random_weights(3), [(20, 33)], channel=1)
    assert not np.allclose(random.heat, field.heat)


def test_unit_of_a_layer_lies_over_its_pixel() -> None:
    network = nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(1, 2, 1))
    field = effective_field(Subject(network, grey(16).float()), [(5, 14)], 0, "0")
    assert field.centre == (5.5, 13.5)
    rows, columns = np.nonzero(field.heat)
    assert (set(rows), set(columns)) == (set(range(4, 8)), set(range(12, 16)))
    assert field.heat[4, 12] == pytest.approx(1 / 16)


def test_bad_input() -> None:
    subject = Subject(uniform_stack(1, 3), grey(16))
    with pytest.raises(LamellaError, match="at least one pixel"):
        effective_field(subject, [])
    with pytest.raises(LamellaError, match="Row 16, column 0 lies outside"):
        effective_field(subject, [(16, 0)])
    with pytest.raises(LamellaError, match="There is no channel 1; this layer has 1"):
        effective_field(subject, [(3, 3)], channel=1)
    dead = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    nn.init.constant_(dead[0].bias, -10)
    with pytest.raises(LamellaError, match="switched off here"):
        effective_field(Subject(dead, grey(16).float()), [(3, 3)])
