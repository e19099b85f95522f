"""Pixel features on images whose derivatives are known."""

import numpy as np
import pytest

from core.segmentation.forest.pixel_features import (
    NAMES,
    SCALES_PX,
    feature_names,
    pixel_features,
    reach_px,
)

MIDDLE = slice(70, 90)


def named(grey: np.ndarray, scale: float) -> dict[str, np.ndarray]:
    """Return the features of the middle, away from the mirrored edge, by name."""
    found = pixel_features(grey.astype(np.float32), (scale,))
    return {name: one[MIDDLE, MIDDLE] for name, one in zip(NAMES, found, strict=True)}


@pytest.fixture
def grid() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:160, :160].astype(np.float64)
    return rows - 80, columns - 80


@pytest.mark.parametrize("scale", SCALES_PX)
def test_a_constant_has_its_grey_level_and_nothing_else(scale, grid):
    found = named(np.full((160, 160), 0.25), scale)
    np.testing.assert_allclose(found.pop("Gaussian"), 0.25, rtol=1e-6)
    for name, values in found.items():
        np.testing.assert_allclose(values, 0, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("scale", SCALES_PX)
def test_a_ramp_has_its_slope_and_no_curvature(scale, grid):
    rows, columns = grid
    found = named(0.5 + 0.003 * rows + 0.004 * columns, scale)
    np.testing.assert_allclose(found["gradient magnitude"], 0.005, rtol=1e-3)
    # One direction: g^2 along the slope, nothing across it.
    np.testing.assert_allclose(found["larger structure tensor eigenvalue"], 2.5e-5, rtol=1e-3)
    np.testing.assert_allclose(found["smaller structure tensor eigenvalue"], 0, atol=1e-7)
    for name in ("Laplacian", "larger Hessian eigenvalue", "smaller Hessian eigenvalue"):
        np.testing.assert_allclose(found[name], 0, atol=1e-6, err_msg=name)
    # A Gaussian window of standard deviation s on a slope g: s * g, with the window's end cut off.
    expected = 0.005 * scale
    np.testing.assert_allclose(found["local standard deviation"], expected, rtol=0.03, atol=5e-4)


@pytest.mark.parametrize("scale", SCALES_PX)
def test_a_quadratic_has_its_second_derivatives_whichever_way_it_lies(scale, grid):
    rows, columns = grid
    # d2/drow2 = 6e-4, d2/dcolumn2 = -2e-4, and the same turned by 30 degrees.
    for angle in (0, np.pi / 6):
        along = np.cos(angle) * rows + np.sin(angle) * columns
        across = -np.sin(angle) * rows + np.cos(angle) * columns
        found = named(0.5 + 3e-4 * along**2 - 1e-4 * across**2, scale)
        np.testing.assert_allclose(found["larger Hessian eigenvalue"], 6e-4, rtol=0.02)
        np.testing.assert_allclose(found["smaller Hessian eigenvalue"], -2e-4, rtol=0.02)
        np.testing.assert_allclose(found["Laplacian"], 4e-4, rtol=0.02)


@pytest.mark.parametrize("scale", SCALES_PX)
def test_a_spot_spreads_as_the_gaussian_does(scale, grid):
    rows, columns = grid
    spot = ((rows == 0) & (columns == 0)).astype(np.float32)
    found = pixel_features(spot, (scale,))[0]
    expected = np.exp(-(rows**2 + columns**2) / (2 * scale**2))
    np.testing.assert_allclose(found, expected / expected.sum(), atol=2e-5)


def test_names_fit_the_features_and_nothing_is_seen_beyond_the_reach():
    grey = np.random.default_rng(0).random((200, 150), np.float32)
    first = pixel_features(grey)
    assert len(first) == len(feature_names()) == 32
    assert feature_names()[0] == "Gaussian, 0.7 px" and first.dtype == np.float32
    changed = grey.copy()
    changed[: 100 - reach_px()] = 0
    np.testing.assert_array_equal(pixel_features(changed)[:, 100:], first[:, 100:])
    changed[: 101 - reach_px() + 9] = 0
    assert (pixel_features(changed)[:, 100] != first[:, 100]).any()
