"""Grain size of a field: every method on squares, hits taken away, few grains, oblong pixels."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.fields.field import measure_field
from core.fields.measurands.grain_quantities import g_in_short
from core.fields.settings import GRAIN_METHODS, MeasureSettings
from core.measurement.grains.grain_size import g_from_area, g_from_count, g_from_intercept
from core.measurement.uncertainty import ModelError
from core.segmentation.grains.intercepts import intercepts_of
from core.types.pixel_size import PixelSize
from tests.core.fields.made_analysis import analysis_of, card_of, discs

GRAINS = card_of("grain", "grain boundary", objects=0, boundary=1)
# Objects that fill the image, as another way to the same grains.
CELLS = card_of("matrix", "cell", objects=1)


def squares(cells=10, side=30):
    index = np.arange(cells * cells, dtype=np.uint32).reshape(cells, cells) + 1
    return np.kron(index, np.ones((side, side), np.uint32))


def measured(nm=1000.0, bar=0, errors=(), **settings):
    grains = squares()
    drawn = analysis_of(np.ones(grains.shape), nm, card=CELLS, bar=bar, objects=grains)
    return measure_field(drawn, MeasureSettings(kind="grains", **settings), errors)


def test_squares_of_30_um_by_every_method():
    found = measured()
    # Nine crossings on each line of 300 µm along rows.
    assert found.quantity("mean_intercept_0").value == pytest.approx(300 / 9)
    assert found.quantity("mean_intercept_0").unit == "µm"
    assert found.quantity("anisotropy").value == 1
    # 64 inside, 32 at edges, 4 at corners: 81 in 0.09 mm2.
    density = 81 / 0.09
    assert found.quantity("number_density").value == pytest.approx(density)
    assert found.quantity("number_density").unit == "1/mm²"
    assert found.quantity("g_saltykov").value == pytest.approx(g_from_count(density))
    assert found.quantity("g_iso643").value == pytest.approx(np.log2(density) - 3)
    assert found.quantity("mean_area").value == pytest.approx(90_000 / 81)
    assert found.quantity("mean_whole_area").value == pytest.approx(900)
    assert found.quantity("g_ala").value == pytest.approx(g_from_area(900e-6))
    lines = found.quantity("mean_intercept")
    assert found.headline.key == "g_lines"
    assert found.headline.value == pytest.approx(g_from_intercept(lines.value / 1000))
    for key in ("g_circles", "g_jeffries"):
        assert found.quantity(key).value == pytest.approx(g_from_area(900e-6), abs=0.6)
    assert len(found.table) == found.quantity("number_density").n == 100
    assert "ASTM E112" in found.headline.method and "compliant" not in found.method


def test_the_method_says_what_the_interval_holds():
    begins, ends = (
        "The interval holds what counting in one field leaves open",
        ("; other fields may differ by more."),
    )
    pixel_size, model = (
        "the uncertainty of the pixel size",
        ("the model's error on its validation images"),
    )
    error = ModelError("mean_intercept", 0.01, 0.04, 50)
    assert measured().method.endswith(f" {begins}{ends}")
    assert measured(errors=(error,)).method.endswith(f" {begins} and {model}{ends}")
    both = measured(errors=(error,), pixel_size_error_percent=2)
    assert both.method.endswith(f" {begins}, {pixel_size} and {model}{ends}")
    one_grain = measure_field(analysis_of(np.ones((60, 60)), card=GRAINS))
    assert one_grain.method.endswith(" This field gives no interval.")


def test_a_network_of_lines_is_closed_and_counted():
    """A boundary of 3 px between squares of 40 px, as a network sees it."""
    place = np.indices((240, 240)) % 40
    line = (np.abs(place - 20) <= 1).any(0)
    found = measure_field(analysis_of(line, 500.0, card=GRAINS))
    assert found.kind == "grains"
    assert found.quantity("mean_intercept_90").value == pytest.approx(20, rel=0.02)
    assert len(found.table) == 49
    # From rim to rim 37 px, along rows and columns.
    assert found.quantity("mean_chord").value < found.quantity("mean_intercept").value
    assert found.quantity("mean_chord").unit == "µm"


def test_another_number_of_grains_in_the_segmentation_is_explained():
    place = np.indices((240, 240)) % 40
    made = analysis_of((np.abs(place - 20) <= 1).any(0), 500.0, card=GRAINS)
    assert len(made.table) == 49
    assert not any("own table" in note for note in measure_field(made).notes)
    fewer = replace(made, table=made.table[:40])
    assert "own table has 40 grains, not 49" in " ".join(measure_field(fewer).notes)


def test_hits_can_be_taken_away():
    every = measured()
    assert len(every.drawing.hits.ids) == every.headline.n
    fewer = measured(removed_hits=(0, 5))
    assert fewer.headline.n == every.headline.n - 2
    assert fewer.headline.value < every.headline.value
    assert (fewer.drawing.hits.counts == 0).sum() == 2
    np.testing.assert_array_equal(fewer.drawing.hits.places, every.drawing.hits.places)


@pytest.mark.parametrize("method", GRAIN_METHODS)
def test_what_was_counted_is_drawn(method):
    found = measured(grain_method=method, bar=0)
    kinds = {line.kind for line in found.drawing.lines}
    expected = {"lines in four directions": "test line", "three circles": "test circle"}
    assert kinds == {expected.get(method, "frame")}
    points = np.concatenate([line.points for line in found.drawing.lines])
    assert points.min() >= -0.5 and points.max() <= 299.5
    # A hit lies where one grain ends and the next begins.
    grains = squares()
    for row, column in found.drawing.hits.places[:40]:
        near = grains[
            max(int(row) - 1, 0) : int(row) + 3, max(int(column) - 1, 0) : int(column) + 3
        ]
        assert len(np.unique(near)) > 1


def test_an_error_of_length_is_twice_its_logarithm_in_g():
    errors = (ModelError("mean_intercept", 0.0, 0.10, 96),)
    found = measured(errors=errors, pixel_size_error_percent=5).headline
    by_source = {part.source: part for part in found.parts}
    assert by_source["pixel size"].above == pytest.approx(2 * np.log2(1.05))
    assert by_source["model"].below == pytest.approx(2 * np.log2(1.10))
    assert "95 % of 96" in by_source["model"].note
    half = np.sqrt(sum(part.above**2 for part in found.parts))
    assert found.interval[1] - found.value == pytest.approx(half)


def test_without_a_pixel_size_there_is_no_g_and_the_intercept_is_in_px():
    found = measured(nm=None)
    assert found.headline.key == "mean_intercept" and found.headline.unit == "px"
    assert found.quantity("g_lines").value is None
    assert "no pixel size" in found.quantity("g_lines").reason
    assert "g_iso643" not in {one.key for one in found.quantities}


def test_few_grains_are_doubted_and_a_single_one_has_no_size():
    few = squares(5, 40)
    drawn = analysis_of(np.ones(few.shape), 1000.0, card=CELLS, objects=few)
    found = measure_field(drawn, MeasureSettings(kind="grains"))
    assert any("25 grains are in the field and at least 50" in one for one in found.warnings)
    none = measure_field(analysis_of(np.zeros((60, 60)), card=GRAINS))
    assert none.is_empty and none.headline.value is None
    assert "No test line crosses a boundary" in none.headline.reason
    with pytest.raises(DataError, match="20 px a side"):
        measure_field(analysis_of(np.zeros((16, 60)), card=GRAINS))


def test_an_info_bar_is_no_part_of_the_field():
    with_bar = measured(bar=60)
    assert with_bar.quantity("number_density").n == 80
    assert with_bar.quantity("mean_intercept_0").value == pytest.approx(300 / 9)
    assert with_bar.drawing.hits.places[:, 0].max() < 240


def test_oblong_pixels_are_measured_in_square_ones():
    """Squares of 30 µm that a scan shows 30 px wide and 15 px high."""
    grains = squares()[::2]
    drawn = analysis_of(np.ones(grains.shape), 1000.0, card=CELLS, objects=grains)
    size = PixelSize(1000.0, "typed by user", height_nm=2000.0)
    drawn = replace(
        drawn,
        micrograph=replace(drawn.micrograph, pixel_size=size),
        segmentation=replace(drawn.segmentation, pixel_size=size),
    )
    found = measure_field(drawn, MeasureSettings(kind="grains"))
    assert found.quantity("mean_intercept_90").value == pytest.approx(300 / 9)
    assert found.quantity("mean_area").value == pytest.approx(90_000 / 81)
    assert found.drawing.hits.places[:, 0].max() < 150
    assert found.table["centroid_row_px"].max() < 150


def test_boundaries_that_end_in_nothing_are_said_not_to_close():
    """Strokes of 30 px on a grid of 40: lines cross them, and no grain is closed."""
    drawn = np.zeros((400, 400), np.uint8)
    for place in range(20, 400, 40):
        for along in range(5, 400, 80):
            drawn[place : place + 2, along : along + 30] = 1
            drawn[along : along + 30, place + 20 : place + 22] = 1
    card = card_of("grain", "boundary", objects=None, boundary=1)
    found = measure_field(analysis_of(drawn, 100.0, card=card))
    (said,) = found.warnings
    assert said.startswith("The boundaries do not close to grains: test lines cross ")
    for key in ("g_lines", "g_jeffries", "g_saltykov", "mean_intercept"):
        one = found.quantity(key)
        assert one.value is None and one.reason.startswith("The boundaries do not close")
    assert found.quantity("mean_chord").unit == "µm"
    assert not [one for one in found.quantities if one.key in ("number_density", "mean_area")]


def test_nists_map_of_ti_6al_4v_does_not_close_and_that_of_steel_does(shared_data):
    def warnings(name: str) -> tuple[str, ...]:
        with Image.open(shared_data("grain_size_nist", name)) as image:
            white = np.asarray(image.convert("L")) > 127
        card = card_of("grain", "boundary", objects=None, boundary=1)
        return measure_field(analysis_of(white.astype(np.uint8), 100.0, card=card)).warnings

    assert warnings("grains_steel_highlighted_segmented.tif") == ()
    (said,) = warnings("sem_alpha_beta_ti_6al_4v_segmented.tif")
    assert "boundaries do not close" in said


def test_what_is_kept_of_the_lines_gives_the_same_g_as_the_page_measure():
    grains = squares()
    drawn = np.zeros(grains.shape, np.uint8)
    for first in (28, 29, 30):
        drawn[first::30] = drawn[:, first::30] = 1
    analysis = analysis_of(drawn, 1000.0, card=GRAINS)
    errors = (ModelError("mean_intercept", 0.02, 0.1, 40),)
    whole = measure_field(analysis, MeasureSettings(), errors).quantity("g_lines")
    found = intercepts_of(
        analysis.micrograph, GRAINS, analysis.segmentation, analysis.object_settings
    )
    assert found.hits == 390
    assert g_in_short(found, 1000.0, errors) == whole


def test_separate_particles_are_no_grains():
    drawn = discs(np.array([[100, 100], [100, 300], [300, 200]]), np.array([30, 40, 50]))
    (said,) = measure_field(analysis_of(drawn), MeasureSettings(kind="grains")).warnings
    assert "no grain size" in said
