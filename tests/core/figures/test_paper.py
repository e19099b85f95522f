"""Figures for a paper: their size on paper, their scale bar, and what is written on them."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from PIL import Image

from core.errors import DataError
from core.fields.field import measure_field
from core.figures.paper.charts import distribution_figure, size_figure
from core.figures.paper.micrographs import micrograph_figure, overlay_figure
from core.figures.paper.style import PaperStyle, png_bytes, printable, svg_bytes
from core.figures.size_histogram import size_bins
from core.types.segmentation import Phase
from tests.core.fields.made_analysis import analysis_of, card_of, discs

CENTRES = np.array([[40, 40], [40, 120], [120, 60], [110, 150], [20, 190], [150, 110]] * 2)
LABELS = discs(CENTRES, np.array([8, 12, 15, 20, 5, 9] * 2), (160, 200))


@pytest.fixture(scope="module")
def analysis():
    return analysis_of(LABELS, nm=10.0, bar=10)


def picture(figure, dpi):
    image = Image.open(io.BytesIO(png_bytes(figure, dpi)))
    return np.asarray(image.convert("RGB")), image.info["dpi"]


def white_run(pixels):
    """Return the length of the longest run of white in a row."""
    best = 0
    for row in (pixels == 255).all(axis=2):
        ends = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
        best = max(best, *(ends[1::2] - ends[::2]), 0) if len(ends) else best
    return best


def test_a_figure_has_its_size_on_paper_and_no_info_bar(analysis):
    pixels, dpi = picture(micrograph_figure(analysis, PaperStyle(width_mm=50.8)), 100)
    assert pixels.shape[:2] == (150, 200)
    assert dpi == pytest.approx((100, 100), abs=0.1)


def test_the_scale_bar_is_as_long_as_it_says(analysis):
    # 200 px of 10 nm are 2 um; the longest round length within a quarter is 500 nm, 50 px.
    style = PaperStyle(width_mm=50.8, font_pt=6)
    pixels, _ = picture(micrograph_figure(analysis, style), 400)
    assert white_run(pixels) == pytest.approx(50 * 4, abs=2)
    plain, _ = picture(micrograph_figure(analysis, replace(style, scale_bar=False)), 400)
    assert white_run(plain) == 0
    without = analysis_of(LABELS, nm=None)
    assert white_run(picture(micrograph_figure(without, style), 100)[0]) == 0


def test_sizes_are_drawn_as_they_are_counted(analysis):
    found = size_bins(analysis.table)
    figure = size_figure(found, Phase("disc", "#D55E00"))
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == found.values.tolist()
    assert {bar.get_facecolor() for bar in axes.patches} == {to_rgba("#D55E00")}
    assert axes.get_ylabel() == "Number of objects (disc)"
    assert f"median {found.median:.3g} {found.unit}" in axes.texts[0].get_text()


def test_svg_depends_on_what_is_drawn_alone_and_holds_no_address(analysis):
    measured = measure_field(analysis)
    for draw in (
        lambda: overlay_figure(analysis, PaperStyle(dpi=150), measured.drawing),
        lambda: distribution_figure(measured.distribution),
    ):
        content = svg_bytes(draw())
        assert content == svg_bytes(draw())
        root = ElementTree.fromstring(content)
        assert root.get("width") == f"{85 / 25.4 * 72:.6f}pt"
        links = [v for one in root.iter() for k, v in one.items() if k.endswith("href")]
        assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)


def test_names_are_no_formulas_and_letters_without_a_glyph_do_no_harm(analysis):
    phases = (
        Phase("ground", "#000000"),
        Phase("$\\frac{ \N{CJK UNIFIED IDEOGRAPH-7C92}", "#0072B2"),
    )
    segmentation = replace(analysis.segmentation, phases=phases)
    # Warnings are errors: one without a glyph would warn.
    png_bytes(overlay_figure(replace(analysis, segmentation=segmentation)), 100)
    assert printable("d\N{SUBSCRIPT TWO} \N{CJK UNIFIED IDEOGRAPH-7C92}") == "d\N{SUBSCRIPT TWO} ?"


def test_oblong_pixels_keep_their_shape():
    analysis = analysis_of(LABELS, nm=10.0)
    size = replace(analysis.micrograph.pixel_size, height_nm=20.0)
    tall = replace(analysis, micrograph=replace(analysis.micrograph, pixel_size=size))
    pixels, _ = picture(micrograph_figure(tall, PaperStyle(width_mm=50.8)), 100)
    assert pixels.shape[:2] == (320, 200)


def test_a_model_of_phases_alone_is_drawn_too():
    analysis = analysis_of(LABELS, card=card_of("matrix", "pore", objects=None))
    pixels, _ = picture(overlay_figure(analysis, PaperStyle(width_mm=50.8, scale_bar=False)), 100)
    assert pixels.shape[0] > 160


@pytest.mark.parametrize(("name", "value"), [("width_mm", 5), ("font_pt", 2), ("dpi", 9999)])
def test_a_style_that_no_paper_has_is_refused(name, value):
    with pytest.raises(DataError, match=f"{value:g}"):
        PaperStyle(**{name: value})
