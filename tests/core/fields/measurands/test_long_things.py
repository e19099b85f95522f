"""Layers, cracks and fibres drawn with known thickness, length, width and direction."""

import numpy as np
import pytest

from core.fields.field import kind_of, measure_field
from core.fields.settings import MeasureSettings
from tests.core.fields.made_analysis import analysis_of, card_of

COATING = card_of("background", "oxide layer", "crack", objects=2)
MESH = card_of("background", "fibre", objects=None)
CRACKED = card_of("background", "crack", objects=1)


def bar(length, width, degrees, shape=(300, 300), centre=(149.3, 150.2)):
    """Return the pixels (H, W) bool of a bar that is turned counter-clockwise."""
    down, right = np.indices(shape) - np.array(centre)[:, None, None]
    angle = np.radians(degrees)
    along = right * np.cos(angle) - down * np.sin(angle)
    across = right * np.sin(angle) + down * np.cos(angle)
    return (abs(along) < length / 2) & (abs(across) < width / 2)


def measured(mask, card, nm=10.0, **settings):
    kind = kind_of(card)
    return measure_field(analysis_of(mask, nm, card=card), MeasureSettings(kind=kind, **settings))


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.7])
def test_a_straight_layer_is_as_thick_as_drawn(slope):
    down, right = np.indices((300, 300))
    layer = abs(down - 150 - slope * (right - 150)) < 20.25
    found = measured(layer, COATING)
    drawn = 40.5 * 10 / np.hypot(1, slope)
    assert found.kind == "layer" and found.headline.key == "mean_thickness"
    assert found.headline.value == pytest.approx(drawn, rel=0.015)
    assert found.quantity("minimum_thickness").value == pytest.approx(drawn, abs=20)
    assert found.quantity("maximum_thickness").value == pytest.approx(drawn, abs=20)
    assert found.headline.interval is None and "One field" in found.headline.reason


def test_a_wedge_is_measured_along_it():
    down, right = np.indices((200, 400))
    layer = abs(down - 100.3) < (20 + 0.1 * right) / 2
    found = measured(layer, COATING)
    place, thickness = found.table["column_px"], found.table["thickness_nm"]
    assert np.abs(thickness - 10 * (20 + 0.1 * place)).max() < 12
    assert np.all(np.diff(found.table["position_nm"]) > 0)
    assert found.headline.value == pytest.approx(10 * (20 + 0.1 * place.mean()), rel=0.01)
    assert {line.kind for line in found.drawing.lines} == {"medial axis", "thickness"}


def test_cracks_and_holes_in_a_layer_are_part_of_it():
    labels = np.zeros((200, 300), np.uint8)
    labels[80:120] = 1
    labels[80:120, 100:106] = 2
    labels[95:105, 200:220] = 0
    labels[10:14, 20:60] = 2
    found = measured(labels, COATING)
    assert found.headline.value == pytest.approx(400)
    assert found.quantity("minimum_thickness").value == pytest.approx(400)
    assert len(set(found.table["part"])) == 1


@pytest.mark.parametrize("degrees", [0, 17, 45, 90])
@pytest.mark.parametrize("width", [4, 11])
def test_a_crack_is_as_long_and_wide_as_drawn(degrees, width):
    found = measured(bar(160, width, degrees), CRACKED)
    assert len(found.table) == 1 and found.kind == "cracks"
    crack = found.table.iloc[0]
    assert crack["length_nm"] == pytest.approx(1600, rel=0.02)
    assert crack["mean_width_nm"] == pytest.approx(10 * width, rel=0.07)
    turned = abs(crack["orientation_deg"] - degrees) % 180
    assert min(turned, 180 - turned) < 1
    density = found.quantity("crack_density")
    assert density.value == pytest.approx(1600 / 9, rel=0.02) and density.unit == "1/mm"
    assert found.quantity("mean_length").interval is None


def test_a_crack_that_the_edge_cuts_counts_with_the_length_inside():
    found = measured(bar(400, 6, 0, (100, 200), (50, 0)), CRACKED)
    assert found.table["touches_edge"].all()
    assert found.quantity("mean_length").value == pytest.approx(2.0, rel=0.02)


def test_crossing_fibres_are_told_apart_and_measured_clear_of_the_crossing():
    mask = bar(600, 8, 30) | bar(600, 14, 120)
    found = measured(mask, MESH)
    assert found.kind == "fibres" and len(found.table) == 2
    by_width = found.table.sort_values("mean_diameter_nm")
    np.testing.assert_allclose(by_width["mean_diameter_nm"], [80, 140], rtol=0.02)
    np.testing.assert_allclose(by_width["orientation_deg"], [30, -60], atol=1)
    assert found.quantity("mean_fibre_diameter").value == pytest.approx(110, rel=0.03)
    assert found.quantity("mean_fibre_diameter").n == 2
    assert found.quantity("alignment").value < 0.1


def test_parallel_fibres_are_aligned():
    mask = np.logical_or.reduce([bar(900, 7, 20, centre=(place, 150)) for place in (40, 150, 260)])
    found = measured(mask, MESH)
    assert len(found.table) == 3
    assert found.quantity("direction").value == pytest.approx(20, abs=0.5)
    assert found.quantity("alignment").value == pytest.approx(1, abs=0.01)
    assert found.headline.value == pytest.approx(70, rel=0.01)


def test_openings_of_a_square_mesh():
    """Bars of 6 px every 50 px leave openings of 44 px squared."""
    place = np.indices((300, 300)) % 50
    found = measured((place < 6).any(0), MESH)
    opening = found.quantity("mean_opening")
    assert opening.value == pytest.approx(10 * np.sqrt(4 * 44**2 / np.pi))
    # The edge cuts the last row and column of openings, and half of the first bars.
    assert opening.n == 25
    assert len(found.table) == 10
    assert found.headline.value == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (COATING, "No layer was found"),
        (MESH, "No fibre was found"),
        (CRACKED, "No crack was found"),
    ],
)
@pytest.mark.parametrize("fill", [0, 1])
def test_nothing_long_gives_a_sentence_and_no_number(card, words, fill):
    found = measured(np.full((60, 60), fill, np.uint8), card)
    assert found.is_empty and words in found.warnings[0]
    assert all(one.value is None or np.isfinite(one.value) for one in found.quantities)


def test_a_rough_outline_does_not_turn_the_lines_of_thickness():
    """A layer of 60 px whose upper side goes up and down by 5 px every 24 px."""
    down, right = np.indices((240, 400))
    top = 80 + 5 * np.sin(2 * np.pi * right / 24)
    found = measured((down >= top) & (down < 140), COATING)
    assert found.headline.value == pytest.approx(600, rel=0.015)
    assert found.quantity("minimum_thickness").value > 530
    assert found.quantity("maximum_thickness").value < 670


def test_the_line_of_a_layer_goes_on_behind_the_edge_and_not_into_a_corner():
    labels = np.zeros((240, 400), np.uint8)
    labels[100:160] = 1
    # A spike beside the edge, longer than the way on to it.
    labels[40:100, 40:60] = 1
    found = measured(labels, COATING)
    assert found.headline.value == pytest.approx(600, rel=0.05)
    assert found.table["row_px"].between(115, 145).all()
    assert found.table["column_px"].min() < 45


def test_the_method_of_fibres_says_what_the_interval_holds():
    two = bar(400, 10, 0, centre=(80.3, 150.2)) | bar(400, 14, 0, centre=(200.3, 150.2))
    begins = " The mean is over the length of all fibres"
    scatter = "its 95 % interval holds the scatter between fibres of this field"
    assert measured(two, MESH).method.endswith(f"{begins}; {scatter}.")
    assert measured(two, MESH, pixel_size_error_percent=2).method.endswith(
        f"{begins}; {scatter} and the uncertainty of the pixel size."
    )
    one = measured(bar(400, 10, 0), MESH)
    assert one.headline.interval is None and one.method.endswith(f"{begins}.")
