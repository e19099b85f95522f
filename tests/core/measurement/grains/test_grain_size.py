"""Grain size: worked examples of E112, maps of known cells, networks with gaps."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.evaluation.boundary_agreement import grain_agreement, line_agreement
from core.measurement.grains.grain_lines import grain_lines, in_short
from core.measurement.grains.grain_size import (
    count_grains,
    equivalent_count,
    g_from_area,
    g_from_count,
    g_from_intercept,
    g_iso643,
    intercepts,
)
from core.segmentation.grains.network import boundaries, separate_grains
from core.synthesis.grains.effects import Seeds
from core.synthesis.grains.image import geometry, truth
from core.synthesis.grains.settings import EFFECTS, GrainSettings


def squares(cells: int, side: int) -> np.ndarray:
    index = np.arange(cells * cells, dtype=np.uint32).reshape(cells, cells) + 1
    return np.kron(index, np.ones((side, side), np.uint32))


def lattice(cells: int, side: int, width: int = 2) -> np.ndarray:
    place = np.indices((cells * side, cells * side))
    near = np.minimum(place % side, side - 1 - place % side) < width / 2
    near &= (place >= side / 2) & (place < cells * side - side / 2)
    return near.any(0)


def test_25_grains_a_square_inch_at_75_times_are_number_4_8():
    per_mm2 = 25 * 75**2 / 25.4**2
    assert g_from_count(per_mm2) == pytest.approx(4.8138, abs=1e-3)


def test_jeffries_circle():
    per_mm2 = equivalent_count(68, 41, 0) / 0.5
    assert per_mm2 == 177
    assert 1e6 / per_mm2 == pytest.approx(5649.72, abs=0.01)
    assert g_from_count(per_mm2) == pytest.approx(4.5136, abs=1e-3)
    assert g_iso643(per_mm2) == pytest.approx(4.4676, abs=1e-3)


def test_saltykov_rectangle():
    per_mm2 = equivalent_count(120, 36, 4) / 0.25
    assert per_mm2 == 556
    assert g_from_count(per_mm2) == pytest.approx(6.1649, abs=1e-3)


@pytest.mark.parametrize(
    ("length_mm", "crossings", "intercept_um", "g"),
    [(10, 500, 20, 7.9997), (5, 75, 66.667, 4.5258)],
)
def test_heyn_intercepts(length_mm, crossings, intercept_um, g):
    mean = length_mm / crossings
    assert 1000 * mean == pytest.approx(intercept_um, abs=1e-3)
    assert g_from_intercept(mean) == pytest.approx(g, abs=1e-3)


@pytest.mark.parametrize(("area_um2", "g"), [(10_000, 3.690), (50_000, 1.368)])
def test_number_of_the_largest_grain(area_um2, g):
    assert g_from_area(area_um2 * 1e-6) == pytest.approx(g, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_no_grain_size_without_grains(value):
    with pytest.raises(DataError, match="above 0"):
        g_from_count(value)


def test_squares_are_counted_and_crossed_as_drawn():
    grains = squares(cells=6, side=20)
    counted = count_grains(grains)
    assert (counted.inside, counted.cut, counted.corners) == (16, 16, 4)
    assert counted.equivalent == 25
    found = intercepts(grains)
    # Five crossings on each line of 120 px.
    assert found.mean_px == 24
    assert found.anisotropy == 1


def test_the_interval_of_the_mean_intercept_covers_that_of_other_fields():
    """Of 64 fields of one microstructure, 95 % or more of the intervals hold the mean."""
    settings = replace(GrainSettings(**{one.name: None for one in EFFECTS}), seeds=Seeds(40, 0))
    whole = truth(geometry(settings, (2048, 2048), 1), settings)[1]
    blocks = whole.reshape(8, 256, 8, 256).swapaxes(1, 2).reshape(64, 256, 256)
    fields = [intercepts(one) for one in blocks]
    mean = np.mean([one.mean_px for one in fields])
    inside = [abs(one.mean_px / mean - 1) < one.relative_error for one in fields]
    assert 0.85 <= np.mean(inside) <= 1
    # And they are not needlessly wide.
    spread = np.std([one.mean_px for one in fields]) / mean
    assert np.mean([one.relative_error for one in fields]) < 3.5 * spread


def test_long_cells_are_anisotropic():
    grains = np.repeat(squares(8, 10), 2, axis=1)
    assert intercepts(grains).anisotropy == pytest.approx(2)
    assert in_short(grain_lines(grains)).anisotropy == pytest.approx(2, rel=0.1)


def test_a_single_grain_has_no_intercept():
    found = intercepts(np.ones((40, 40), np.uint32))
    assert np.isnan(found.mean_px) and np.isnan(found.anisotropy)


def test_a_network_of_lines_becomes_its_cells():
    grains = separate_grains(lattice(cells=5, side=24))
    assert grains.min() == 1 and grains.max() == 25
    sizes = np.bincount(grains.ravel())[1:]
    assert np.abs(sizes - 24**2).max() <= 2 * 24
    assert boundaries(grains).sum() == pytest.approx(2 * 4 * 120, abs=20)


def test_narrow_gaps_are_closed_and_dead_ends_dropped():
    network = lattice(cells=4, side=32)
    network[30:34, 14:18] = False
    assert separate_grains(network).max() == 16
    network[8:9, 40:52] = True
    assert separate_grains(network).max() == 16


def test_an_image_all_boundary_is_one_grain():
    assert (separate_grains(np.ones((16, 16), bool)) == 1).all()


def test_lines_agree_within_the_tolerance_only():
    one, other = np.zeros((2, 32, 32), bool)
    one[:, 10], other[:, 13] = True, True
    assert line_agreement(one, other, 3).f1 == 1
    assert line_agreement(one, other, 2.9).f1 == 0
    both = one | other
    agreement = line_agreement(one, both, 2)
    assert (agreement.precision, agreement.recall) == (0.5, 1)
    assert agreement.f1 == pytest.approx(2 / 3)


def test_without_tolerance_it_is_the_dice_coefficient():
    random = np.random.default_rng(0)
    one, other = random.random((2, 40, 40)) < 0.3
    expected = 2 * (one & other).sum() / (one.sum() + other.sum())
    assert line_agreement(one, other, 0).f1 == pytest.approx(expected)


def test_empty_lines_are_not_scored_as_right():
    empty, full = np.zeros((8, 8), bool), np.ones((8, 8), bool)
    assert np.isnan(line_agreement(empty, empty).f1)
    assert line_agreement(full, empty).f1 == 0
    with pytest.raises(DataError, match="8 x 8 px and the prediction 9 x 8 px"):
        line_agreement(empty, np.zeros((8, 9), bool))


def test_a_perfect_network_has_no_errors_and_a_missing_line_costs():
    network = lattice(cells=6, side=24, width=4)
    same = grain_agreement(network, network)
    assert same.dice == same.band.f1 == same.line.f1 == 1
    assert same.intercept_error == same.count_error == 0
    broken = network.copy()
    broken[20:28] = False
    found = grain_agreement(network, broken)
    assert found.intercept_error > 0 and found.count_error < 0
    assert found.line.recall < 1


def test_a_diagonal_line_one_pixel_wide_does_not_leak():
    grains = separate_grains(np.eye(32, dtype=bool))
    assert grains.max() == 2
    assert separate_grains(np.eye(32, dtype=bool)[::-1]).max() == 2


def test_intercepts_of_a_nist_map(shared_data):
    """NIST's chords leave the boundary's own width out, ours run from middle to middle."""
    name = "grains_steel_highlighted_segmented.tif"
    with Image.open(shared_data("grain_size_nist", name)) as image:
        white = np.asarray(image.convert("L")) > 127
    grains = separate_grains(white, split=0)
    width = white.mean() / boundaries(grains).mean()
    assert intercepts(grains).mean_px - width == pytest.approx(37.176, rel=0.06)
