"""Test lines over grain maps: squares, Voronoi cells, NIST's maps with NIST's own numbers."""

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.measurement.grains.grain_size import count_in_circle
from core.measurement.grains.intercept_lines import DIRECTIONS, straight_lines, three_circles
from core.measurement.grains.line_intercepts import cross, cross_boundaries
from core.pixels.image_area import nearest_index
from core.segmentation.grains.merging import grains_from_probability


def squares(cells, side):
    index = np.arange(cells * cells, dtype=np.uint32).reshape(cells, cells) + 1
    return np.kron(index, np.ones((side, side), np.uint32))


def voronoi(count, side, seed=0):
    """Return (side, side) ids of the cells of ``count`` random points, periodic, so that the mean
    area is known without an edge."""
    places = np.random.default_rng(seed).permutation(side * side)[:count]
    tiled = np.zeros((side, side), np.uint32)
    tiled.ravel()[places] = np.arange(count) + 1
    rim = side // 8
    wide = np.pad(tiled, rim, mode="wrap")
    return wide[tuple(nearest_index(wide > 0))][rim:-rim, rim:-rim]


def test_lines_over_squares_are_crossed_as_drawn():
    grains = squares(cells=6, side=20)
    found = cross(grains, straight_lines(grains.shape, 20), spacing_px=20)
    rows = [line for line in found.lines if line.direction == 0]
    # Five crossings on each of six rows of 120 px.
    assert (len(rows), found.hits_along(0), found.mean_along_px(0)) == (6, 30, 24)
    assert found.mean_along_px(90) == 24
    first = found.places[found.line == 0]
    np.testing.assert_array_equal(first, [[10, 20 * k - 0.5] for k in range(1, 6)])
    diagonal = np.array([line.direction == 135 for line in found.lines])[found.line]
    assert (np.diff(found.places[diagonal][:2], axis=0) > 0).all()


def test_removed_hits_do_not_count_and_keep_the_numbers_of_the_others():
    grains = squares(cells=6, side=20)
    lines = straight_lines(grains.shape, 40)
    every, fewer = cross(grains, lines), cross(grains, lines, removed=(0, 3, 10_000))
    assert fewer.hits == every.hits - 2
    np.testing.assert_array_equal(fewer.places, every.places)
    np.testing.assert_array_equal(np.flatnonzero(~fewer.kept), [0, 3])
    assert fewer.mean_px == pytest.approx(every.mean_px * every.hits / fewer.hits)


def test_circles_have_circumferences_of_3_to_2_to_1():
    found = cross(squares(10, 20), three_circles((200, 200)))
    lengths = found.lengths_px
    np.testing.assert_allclose(lengths / lengths[2], [3, 2, 1])
    assert lengths[0] == pytest.approx(np.pi * 0.7958 * 200, rel=1e-6)
    # Squares of 20 px have L_A = 2 / 20, so a line of any direction has pi / 2 / L_A on average.
    assert found.mean_px == pytest.approx(np.pi / 2 / (2 / 20), rel=0.1)


def test_the_mean_intercept_of_voronoi_cells_is_that_of_theory():
    """Pi / 4 sqrt(mean area), as their boundary is 2 / sqrt(mean area) long per area (Miles)."""
    count, side = 800, 900
    grains = voronoi(count, side)
    expected = np.pi / 4 * np.sqrt(side**2 / count)
    found = cross(grains, straight_lines(grains.shape, 8), spacing_px=8)
    assert found.mean_px == pytest.approx(expected, rel=0.02)
    for direction in DIRECTIONS:
        assert found.mean_along_px(direction) == pytest.approx(expected, rel=0.04)
    circles = cross(grains, three_circles(grains.shape))
    assert abs(circles.mean_px / expected - 1) < circles.relative_error
    in_circle = count_in_circle(grains)
    assert in_circle.equivalent / in_circle.area_px == pytest.approx(count / side**2, rel=0.05)


@pytest.mark.parametrize("spacing", [None, 22])
def test_intervals_of_single_fields_hold_the_mean_of_all(spacing):
    """Of 36 fields of one microstructure; about 95 % should."""
    grains = voronoi(36 * 80, 6 * 230, seed=3)
    fields = grains.reshape(6, 230, 6, 230).swapaxes(1, 2).reshape(36, 230, 230)
    lines = three_circles((230, 230)) if spacing is None else straight_lines((230, 230), spacing)
    found = [cross(one, lines, spacing_px=spacing) for one in fields]
    mean = np.mean([one.mean_px for one in found])
    assert np.mean([abs(one.mean_px / mean - 1) < one.relative_error for one in found]) >= 0.88
    spread = np.std([one.mean_px for one in found]) / mean
    assert np.mean([one.relative_error for one in found]) < 3.5 * spread


@pytest.mark.parametrize(
    ("name", "mean"),
    [("grains_steel_highlighted", 37.176), ("sem_alpha_beta_ti_6al_4v", 30.237)],
)
def test_nists_maps_have_nists_mean_intercept(shared_data, name, mean):
    """NIST's line grid on the same boundaries; the chords leave their width out, as NIST's do."""
    with Image.open(shared_data("grain_size_nist", f"{name}_segmented.tif")) as image:
        boundary = np.asarray(image.convert("L")) > 127
    found = cross_boundaries(boundary, straight_lines(boundary.shape, 8), spacing_px=8)
    assert found.chords_px.mean() == pytest.approx(mean, rel=0.03)
    assert found.mean_px > found.chords_px.mean() + 2


@pytest.mark.parametrize(
    ("name", "mean", "within"),
    [("grains_steel_highlighted", 38.965, 0.03), ("sem_alpha_beta_ti_6al_4v", 27.954, 0.035)],
)
def test_nists_maps_have_nists_mean_intercept_on_three_circles(shared_data, name, mean, within):
    """NIST's circles are drawn pixel by pixel: on Ti-6Al-4V they slip through ten boundaries,
    between two pixels that touch at a corner, so NIST's mean of 130 intercepts is too large."""
    with Image.open(shared_data("grain_size_nist", f"{name}_segmented.tif")) as image:
        boundary = np.asarray(image.convert("L")) > 127
    found = cross_boundaries(boundary, three_circles(boundary.shape))
    assert found.chords_px.mean() == pytest.approx(mean, rel=within)


@pytest.mark.parametrize("width_deg", [0, 6])
def test_a_circle_has_no_end(width_deg):
    """Eight sectors; the first boundary lies where the circles begin. Each circle has eight hits,
    and eight intercepts that fill it but for the boundaries."""
    row, column = np.mgrid[:201, :201] - 100
    angle = np.degrees(np.arctan2(-row, column)) % 360
    if width_deg:
        boundary = (angle + width_deg / 2) % 45 < width_deg
        found = cross_boundaries(boundary, three_circles(boundary.shape))
    else:
        found = cross((1 + angle // 45).astype(np.uint32), three_circles(angle.shape))
    assert np.bincount(found.line).tolist() == [8, 8, 8]
    assert len(found.chords_px) == 24
    share = found.chords_px.sum() / found.lengths_px.sum()
    assert share == pytest.approx(1 - 8 * width_deg / 360, abs=0.02)


def test_the_closed_network_of_a_nist_map_has_nists_intercept_and_the_boundarys_width(shared_data):
    """As a network's boundaries are counted; chords from rim to rim are a share of the line that
    the boundaries leave. NIST's map of Ti-6Al-4V is open and closes to no network."""
    with Image.open(
        shared_data("grain_size_nist", "grains_steel_highlighted_segmented.tif")
    ) as tif:
        boundary = np.asarray(tif.convert("L")) > 127
    grains = grains_from_probability(boundary.astype(np.float32))
    found = cross(grains, straight_lines(grains.shape, 8), spacing_px=8)
    assert found.mean_px == pytest.approx(37.176 / (1 - boundary.mean()), rel=0.03)


def test_one_grain_is_crossed_nowhere():
    found = cross(np.ones((60, 60), np.uint32), straight_lines((60, 60), 10))
    assert (found.hits, found.mean_px, found.spread, found.relative_error) == (0, None, None, None)


def test_what_is_no_image_does_not_count():
    grains = squares(6, 20)
    grains[:, 60:] = 0
    found = cross(grains, straight_lines(grains.shape, 20))
    assert found.hits_along(0) == 12
    assert found.lengths_px[0] == 60


def test_lines_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="every 0 px"):
        straight_lines((50, 50), 0)
    with pytest.raises(DataError, match="20 px are needed"):
        three_circles((19, 50))
