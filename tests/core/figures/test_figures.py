"""Figures: bins, bars and pixels that follow from the numbers put in."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import ImageFont

from core.figures.overlay import FONT, draw_scale_bar, overlay, scale_bar
from core.figures.size_histogram import round_length, size_bins, size_histogram
from core.palette import OKABE_ITO, phase_color, rgb
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase

PHASES = (Phase("ground", "#0072B2"), Phase("particle", "#E69F00"))


def table(diameters, unit="nm", cut=0):
    touches = np.arange(len(diameters)) < cut
    weights = np.where(touches, np.nan, 1.0)
    return pd.DataFrame(
        {
            f"equivalent_diameter_{unit}": diameters,
            "touches_edge": touches,
            "edge_weight": weights,
        }
    )


def relative_luminance(color):
    linear = rgb(color) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_phase_colours_differ_and_repeat():
    assert len(set(OKABE_ITO)) == 7
    assert phase_color(0) == phase_color(7) == "#0072B2"
    assert rgb("#E69F00").tolist() == [230, 159, 0]


@pytest.mark.parametrize(
    ("length", "below", "above"),
    [(1, 1, 1), (1.9, 1, 2), (0.5, 0.5, 0.5), (0.049, 0.02, 0.05), (730, 500, 1000), (2e4,) * 3],
)
def test_round_lengths(length, below, above):
    assert round_length(length) == pytest.approx(below)
    assert round_length(length, up=True) == pytest.approx(above)


def test_bins_count_every_whole_object_once():
    sizes = np.random.default_rng(0).lognormal(2.5, 0.4, 500)
    found = size_bins(table(sizes, cut=40))
    assert (found.counted, found.cut, found.unit) == (460, 40, "nm")
    assert found.values.sum() == 460
    assert found.median == np.median(sizes[40:])
    widths = np.diff(found.edges)
    np.testing.assert_allclose(widths, widths[0])
    assert round_length(widths[0]) == pytest.approx(widths[0])
    assert size_bins(table(sizes, cut=40), include_cut=True).values.sum() == 500


def test_median_and_mean_weight_large_objects_that_the_edge_cuts_more_often():
    sizes = table([10.0, 10.0, 40.0, 70.0], cut=1)
    sizes["edge_weight"] = [np.nan, 1.0, 2.0, 3.0]
    found = size_bins(sizes)
    assert found.mean == pytest.approx((10 + 80 + 210) / 6)
    # Between 40 and 70: of the steps of weight 3 and 5, half of 8 lies a fifth into the second.
    assert found.median == pytest.approx(46)
    everything = size_bins(sizes, include_cut=True)
    assert (everything.mean, everything.median) == (32.5, 25)


def test_area_weighting_follows_the_square():
    found = size_bins(table([1, 1, 1, 1, 2], "px"), "area")
    assert found.unit == "px"
    assert found.values.sum() == pytest.approx(100)
    assert found.values[0] == found.values[-1] == 50


def test_large_objects_are_told_in_micrometres():
    found = size_bins(table([1500, 2500, 3500]))
    assert (found.unit, found.median) == ("\N{MICRO SIGN}m", 2.5)


@pytest.mark.parametrize(("count", "least", "most"), [(3, 3, 6), (12, 4, 12), (20000, 15, 61)])
def test_few_objects_have_few_bins_and_many_no_more_than_60(count, least, most):
    sizes = np.random.default_rng(1).normal(100, 15, count)
    assert least <= len(size_bins(table(sizes)).values) <= most


@pytest.mark.parametrize("sizes", [[7.0], [3.0] * 50, [1e-3, 1e6]])
def test_odd_tables_still_have_bins(sizes):
    found = size_bins(table(sizes, "px"))
    assert found.values.sum() == len(sizes)
    assert len(found.values) <= 62


def test_the_figure_names_its_units_and_leaves_colours_to_the_theme():
    figure = size_histogram(table([10, 20, 30, 40], cut=1))
    # The figure is drawn unchecked; a property that plotly does not know is refused here.
    go.Figure(figure.to_dict())
    assert figure.layout.xaxis.title.text == (
        "Equivalent diameter in nm (n = 3, 1 cut by the edge left out)"
    )
    assert figure.layout.yaxis.title.text == "Number of objects"
    assert figure.layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.font.color is None
    assert sum(figure.data[0].y) == 3
    assert figure.layout.annotations[0].text == "median 30 nm"
    named = size_histogram(table([10, 20, 30, 40]), phase=PHASES[1])
    assert named.layout.yaxis.title.text == "Number of objects (particle)"
    assert named.data[0].marker.color == "#E69F00"
    assert "area" in size_histogram(table([10]), "area").layout.yaxis.title.text
    luminance = relative_luminance(figure.data[0].marker.line.color)
    assert (1.05 / (luminance + 0.05)) > 3
    assert (luminance + 0.05) / (relative_luminance("#121212") + 0.05) > 3


def test_an_empty_table_says_so():
    figure = size_histogram(table([]))
    go.Figure(figure.to_dict())
    assert not figure.data
    assert figure.layout.annotations[0].text == "No whole object to measure"


def test_overlay_tints_the_phase_and_outlines_it():
    pixels = np.full((9, 9), 0.5, np.float32)
    labels = np.zeros((9, 9), np.uint8)
    labels[2:7, 2:7] = 1
    picture = overlay(pixels, labels, PHASES, opacity=0.5)
    assert picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [128, 128, 128]
    assert picture[2, 2].tolist() == [230, 159, 0]
    assert picture[4, 4].tolist() == [179, 144, 64]
    without = overlay(pixels, labels, PHASES, opacity=0)
    assert without[4, 4].tolist() == [128, 128, 128]
    assert without[2, 2].tolist() == [230, 159, 0]


def test_overlay_outlines_touching_objects():
    labels = np.ones((5, 8), np.uint8)
    objects = np.repeat([[1, 1, 1, 1, 2, 2, 2, 2]], 5, axis=0).astype(np.uint32)
    picture = overlay(np.zeros((5, 8)), labels, PHASES, objects, opacity=0)
    line = (picture == [230, 159, 0]).all(axis=2)
    assert line[0].tolist() == [False, False, False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("width", "nm", "length", "label"),
    [
        (1000, 1, 200, "200 nm"),
        (1000, 10, 200, "2 \N{MICRO SIGN}m"),
        (1024, 0.02, 250, "5 nm"),
        (1000, 4000, 250, "1 mm"),
        (1000, 0.001, 200, "200 pm"),
    ],
)
def test_scale_bar_lengths(width, nm, length, label):
    bar = scale_bar(width, PixelSize(nm, "typed by user"))
    assert (bar.length_px, bar.label) == (pytest.approx(length), label)


def test_the_burnt_in_bar_is_as_long_as_it_says():
    picture = np.full((400, 500, 3), 90, np.uint8)
    drawn = draw_scale_bar(picture, PixelSize(1, "typed by user"), info_bar_rows=50)
    assert (picture == 90).all()
    assert (drawn[350:] == 90).all()
    white = (drawn == 255).all(axis=2)
    # The text is anti-aliased and broken; the bar is the longest unbroken white line.
    longest = max(
        len(run) for row in white for run in "".join("01"[int(v)] for v in row).split("0")
    )
    assert longest == 100
    black = (drawn == 0).all(axis=2)
    assert black.any()
    assert not black[:200].any() and not black[:, :300].any()


def test_a_tiny_image_stays_without_a_bar():
    picture = np.full((40, 40, 3), 90, np.uint8)
    assert np.array_equal(draw_scale_bar(picture, PixelSize(1, "typed by user")), picture)


@pytest.mark.parametrize(
    ("diameters", "anchor"), [([10, 10, 10, 90], "left"), ([10, 90, 90, 90], "right")]
)
def test_the_words_at_the_median_stay_inside_the_figure(diameters, anchor):
    # The anchor is the side of the text that touches the line.
    assert size_histogram(table(diameters)).layout.annotations[0].xanchor == anchor


def test_the_font_of_the_scale_bar_has_every_character_of_a_length():
    font = ImageFont.truetype(FONT, 24)
    missing = font.getmask("\N{SNOWMAN}").getbbox(), bytes(font.getmask("\N{SNOWMAN}"))
    for character in "0123456789.\N{MICRO SIGN}nmp\N{ANGSTROM SIGN}\N{SUPERSCRIPT TWO}":
        assert (font.getmask(character).getbbox(), bytes(font.getmask(character))) != missing


@pytest.mark.parametrize(("count", "step"), [(1, 1), (4, 1), (400, None)])
def test_objects_are_counted_in_whole_numbers(count, step):
    sizes = np.random.default_rng(1).normal(100, 15, count)
    assert size_histogram(table(sizes)).layout.yaxis.dtick == step
    assert size_histogram(table(sizes), "area").layout.yaxis.dtick is None
