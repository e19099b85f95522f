"""Particles of a field: known sizes, shapes and places; nothing, one, all at the edge."""

from dataclasses import replace

import numpy as np
import pytest

from core.by_hand import ByHand
from core.fields.field import kinds_of, measure_field, phase_of
from core.fields.settings import MeasureSettings
from core.measurement.uncertainty import ModelError, model_error
from tests.core.fields.made_analysis import CARD, analysis_of, card_of, discs

GRID = np.stack(np.meshgrid(np.arange(25, 400, 50), np.arange(25, 400, 50)), -1).reshape(-1, 2)


def test_a_grid_of_equal_discs_is_regular_and_as_large_as_drawn():
    found = measure_field(analysis_of(discs(GRID, np.full(64, 12.0)), nm=10.0))
    drawn = np.sqrt(4 * 437 / np.pi) * 10
    assert found.headline.key == "d50" and found.kind == "particles"
    assert found.headline.value == pytest.approx(drawn) and found.headline.unit == "nm"
    assert found.quantity("d43").value == pytest.approx(drawn)
    assert found.quantity("nearest_neighbour").value == pytest.approx(500)
    assert found.quantity("clark_evans").value > 1.8
    assert "regular" in found.quantity("clark_evans").name
    assert found.quantity("area_fraction").value == pytest.approx(100 * 64 * 437 / 160_000)
    assert found.quantity("number_density").value == pytest.approx(64 / 16)
    assert found.quantity("number_density").unit == "1/µm²"
    assert len(found.table) == found.headline.n == 64
    assert "typed by user" in found.scale and "ISO 13322-1" in found.method


def test_the_uncertainties_of_pixel_size_and_model_are_parts_of_the_interval():
    settings = MeasureSettings(pixel_size_error_percent=3)
    errors = (ModelError("mean_diameter", 0.01, 0.04, 50), ModelError("other", 0.5, 0.5, 1))
    found = measure_field(analysis_of(discs(GRID, np.full(64, 12.0))), settings, errors)
    d50 = found.headline
    assert [part.source for part in d50.parts] == ["counting", "pixel size", "model"]
    assert d50.parts[0].below == 0
    assert d50.interval == pytest.approx((0.95 * d50.value, 1.05 * d50.value))
    assert found.method.endswith(
        " Intervals of sizes are 95 % bootstrap intervals over the particles of this field. Those "
        "of diameters are wider, as they also hold the uncertainty of the pixel size and the "
        "model's error on its validation images."
    )
    area = found.quantity("number_density")
    assert area.parts[0].above == pytest.approx(0.06 * area.value)


@pytest.mark.parametrize(("stated", "half_width"), [(None, 0.02), (3, 0.03)])
def test_the_uncertainty_of_a_scale_bar_counts_where_no_other_is_stated(stated, half_width):
    analysis = analysis_of(discs(GRID, np.full(64, 12.0)))
    size = replace(analysis.micrograph.pixel_size, error_percent=2.0)
    analysis = replace(analysis, micrograph=replace(analysis.micrograph, pixel_size=size))
    found = measure_field(analysis, MeasureSettings(pixel_size_error_percent=stated))
    part = found.headline.parts[1]
    assert (part.source, part.above / found.headline.value) == (
        "pixel size",
        pytest.approx(half_width),
    )


def test_what_a_models_errors_come_to():
    found = model_error("mean_diameter", [0.1, -0.2, float("nan"), 0.05])
    assert (found.within_95, found.images) == (0.2, 3)
    assert found.mean == pytest.approx(-0.05 / 3)
    assert model_error("mean_diameter", [float("nan")]) is None


def test_nothing_found_gives_a_sentence_and_no_number():
    found = measure_field(analysis_of(np.zeros((100, 100), np.uint8)))
    assert found.is_empty and found.headline.value is None
    assert "No particle was found" in found.headline.reason
    assert "No particle was found" in found.warnings[0]
    assert found.distribution is None
    assert found.quantity("area_fraction").value == 0


def test_one_particle_has_a_size_and_no_interval():
    found = measure_field(analysis_of(discs([(50, 50)], [10.0], (100, 100))))
    assert found.headline.value > 0 and found.headline.interval is None
    assert "one particle" in found.headline.reason
    assert found.method.endswith("(Miles-Lantuéjoul). Sizes of this field have no interval.")


def test_particles_that_the_edge_cuts_are_not_sized():
    found = measure_field(analysis_of(discs([(0, 50), (99, 50)], [10.0, 8.0], (100, 100))))
    assert found.headline.value is None and "cuts every particle" in found.headline.reason
    assert found.quantity("count").value == 2


def test_without_a_pixel_size_lengths_are_in_px():
    found = measure_field(analysis_of(discs(GRID, np.full(64, 12.0)), nm=None))
    assert found.headline.unit == "px" and found.headline.column == "d50_px"
    assert "no pixel size" in found.scale


def test_tiny_objects_are_doubted():
    found = measure_field(analysis_of(discs(GRID, np.full(64, 2.5))))
    assert any("under 10 px wide" in one for one in found.warnings)


def test_what_a_model_is_for_is_measured_first():
    assert kinds_of(CARD)[0] == "particles"
    assert kinds_of(card_of("grain", "grain boundary", objects=0, boundary=1))[0] == "grains"
    assert kinds_of(card_of("matrix", "pearlite", objects=None))[0] == "phases"
    coating = card_of("background", "oxide layer", "crack", objects=2)
    assert kinds_of(coating)[:3] == ("layer", "cracks", "particles")
    assert [phase_of(coating, one) for one in ("layer", "cracks", "phases")] == [1, 2, 2]
    uncounted = replace(coating, objects_phase=None)
    assert phase_of(uncounted, "phases") == 2
    assert phase_of(replace(uncounted, phase_of_interest=1), "phases") == 1


def test_shapes_and_neighbours_stand_in_the_table_by_their_iso_names():
    drawn = np.zeros((200, 200), np.uint8)
    drawn[40:60, 40:80] = 1
    drawn[140:160, 40:80] = 1
    found = measure_field(analysis_of(drawn))
    assert found.table["nearest_neighbour_nm"].tolist() == [1000, 1000]
    ratio = found.quantity("iso_aspect_ratio").value
    assert found.table["iso_aspect_ratio"].tolist() == pytest.approx([ratio, ratio])
    assert 0.4 < ratio < 0.5
    discs_found = measure_field(analysis_of(discs(GRID, np.linspace(4, 20, 64))))
    for key in ("circularity", "form_factor", "solidity", "iso_aspect_ratio"):
        assert discs_found.quantity(key).interval[1] <= 1
    circularity = found.quantity("circularity").value
    assert found.quantity("form_factor").value == pytest.approx(circularity**2)
    assert [one.key for one in found.further] == ["nearest_neighbour"]


def test_more_particles_are_asked_for_where_the_precision_needs_them():
    few = measure_field(analysis_of(discs(GRID[:20], np.linspace(5, 14, 20))))
    assert few.notes[1].startswith("For a mean diameter within ± 5 % by counting alone, about ")
    assert "more particles are needed" in few.notes[1]
    equal = measure_field(analysis_of(discs(GRID, np.full(64, 12.0))))
    assert equal.notes[1] == (
        "For a mean diameter within ± 5 % by counting alone, there are enough particles."
    )
    assert equal.method.endswith("bootstrap intervals over the particles of this field.")


def test_without_edge_correction_whole_particles_count_alike():
    drawn = analysis_of(discs(GRID, np.linspace(4, 20, 64)))
    weighted, plain = (
        measure_field(drawn, MeasureSettings(edge_correction=is_on)) for is_on in (True, False)
    )
    assert plain.quantity("mean_diameter").value < weighted.quantity("mean_diameter").value
    assert (plain.distribution.weights == 1).all()
    assert "unweighted" in plain.method and "Miles-Lantuéjoul" in weighted.method


def test_a_distribution_is_fitted_where_it_was_asked_for():
    drawn = analysis_of(discs(GRID, np.linspace(4, 20, 64)))
    assert measure_field(drawn).distribution.fit.family == "log-normal"
    assert measure_field(drawn, MeasureSettings(fit="gamma")).distribution.fit.family == "gamma"
    assert measure_field(drawn, MeasureSettings(fit="none")).distribution.fit is None


def test_what_was_corrected_by_hand_is_said():
    drawn = replace(analysis_of(discs(GRID, np.full(64, 12.0))), by_hand=ByHand(64, corrected=3))
    assert "corrected by hand: 3 objects of 64" in measure_field(drawn).notes[0]


def test_regions_of_another_phase_are_measured_as_particles_too():
    labels = discs(GRID, np.full(64, 12.0))
    labels[labels == 0] = 2
    labels[labels == 1] = 0
    labels[100:120, 300:340] = 1
    card = card_of("pearlite", "pore", "matrix", objects=1)
    found = measure_field(analysis_of(labels, card=card), MeasureSettings("particles", phase=1))
    assert len(found.table) == 1
    found = measure_field(analysis_of(labels, card=card), MeasureSettings("particles", phase=0))
    assert len(found.table) == 64
    assert found.quantity("nearest_neighbour").value == pytest.approx(500, rel=0.01)
