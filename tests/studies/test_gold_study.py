"""What the gold study computes and draws, on images whose answer is known."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.style import readable
from core.measurement.lattice import find_lattice
from core.measurement.power_spectrum import GOLD, region_spectrum
from core.measurement.regions import measure_objects
from core.palette import OKABE_ITO, rgb
from core.types.pixel_size import PixelSize
from studies.gold import figures
from studies.gold import spectra_figures as spectra
from studies.gold.scoring import mask_dice, sizes_beside_truth, study_thresholds

PIXEL = PixelSize(0.04, "the test")


def halves() -> np.ndarray:
    labels = np.zeros((40, 60), np.uint8)
    labels[:, :20] = 1
    return labels


def test_grey_levels_apart_need_one_threshold():
    labels = halves()
    found = study_thresholds(np.where(labels, 0.2, 0.8), labels)
    assert found.dark and found.overlap == 0
    assert found.dice(found.best) == found.dice(found.otsu) == 1
    bright = study_thresholds(np.where(labels, 0.8, 0.2), labels)
    assert not bright.dark and bright.dice(bright.best) == 1


def test_the_same_grey_levels_defeat_every_threshold():
    labels = halves()
    found = study_thresholds(np.random.default_rng(0).random(labels.shape), labels)
    assert found.overlap > 0.8
    # All pixels called particle: 2 / 3 of them wrong, so 2 (1/3) / (1/3 + 1) = 0.5.
    assert found.dice(found.best) == pytest.approx(0.5, abs=0.02)
    assert found.dice(found.best) >= found.dice(found.otsu)


def test_fringes_alone_overlap_and_a_blur_cannot_mend_it():
    labels = halves()
    fringes = np.where(labels, 0.5 + 0.4 * np.sin(np.arange(60) * 1.5), 0.5).astype(np.float32)
    blurred = study_thresholds(fringes, labels, blur_px=4)
    assert np.ptp(blurred.grey) < 0.2
    assert study_thresholds(np.full((8, 8), 0.3), np.ones((8, 8), np.uint8)).otsu == 0.5


def test_dice_of_masks():
    truth, found = halves() > 0, np.roll(halves(), 10, 1) > 0
    assert mask_dice(truth, found) == pytest.approx(0.5)


def test_each_found_particle_stands_beside_its_truth():
    truth = np.zeros((50, 50), np.uint32)
    truth[5:15, 5:15], truth[30:36, 30:36] = 1, 2
    objects = np.zeros_like(truth)
    objects[30:36, 30:40], objects[44:48, 2:6] = 1, 2
    table = measure_objects(objects, np.zeros(truth.shape, np.float32), PIXEL)
    column = sizes_beside_truth(table, objects, truth, PIXEL)["true_diameter_nm"]
    assert column[0] == pytest.approx(2 * 6 / np.sqrt(np.pi) * PIXEL.nm)
    assert np.isnan(column[1])


def dots(*dice: float) -> tuple[figures.Dot, ...]:
    return tuple(
        figures.Dot(8 * 8**place, one, one - 0.1, one + 0.05) for place, one in enumerate(dice)
    )


def drawn() -> dict[str, go.Figure]:
    columns = np.arange(128) * PIXEL.nm
    fringes = np.cos(2 * np.pi * columns / GOLD[0].d_nm)
    image = fringes + np.random.default_rng(1).normal(size=(128, 128))
    spectrum = region_spectrum(image, PIXEL)
    curve = figures.Curve("a network", (1, 10), (0.5, 0.9), (0.4, 0.8), (0.55, 0.95))
    plain = figures.Curve("Otsu", (1, 10), (0.5, 0.5))
    return {
        "spectrum": spectra.spectrum_figure(spectrum, find_lattice(spectrum)),
        "spectrum alone": spectra.spectrum_figure(spectrum),
        "profile": spectra.profile_figure(spectrum, np.linspace(-1, 1, 64)),
        "profile alone": spectra.profile_figure(spectrum, None),
        "grey": figures.grey_figure(fringes[:60], fringes[60:], 0.5),
        "curves": figures.curves_figure([curve, plain], "dose (electrons/nm²)", (2, 5), log=True),
        "plain curves": figures.curves_figure([curve], "scale", None),
        "fields": figures.field_figure({"lattice": dots(0.5, 0.9), "low": dots(0.8)}),
    }


@pytest.mark.parametrize("name", drawn())
def test_a_figure_is_in_plotlys_terms(name):
    go.Figure(readable(drawn()[name]).to_dict())


def test_rings_and_spots_lie_where_the_spacing_says():
    figure = drawn()["spectrum"].to_dict()
    assert [shape["x1"] for shape in figure["layout"]["shapes"]] == pytest.approx(
        [4.247, 4.904], abs=1e-3
    )
    (spots,) = figure["data"]
    assert sorted(spots["x"]) == pytest.approx([-4.247, 4.247], rel=0.01)
    assert spots["y"] == pytest.approx([0, 0], abs=0.05)
    assert spots["text"][0].startswith("{111}, 0.23")


def test_an_interval_reaches_from_its_low_to_its_high_end():
    (trace, plain) = drawn()["curves"].to_dict()["data"]
    assert trace["error_y"]["array"] == pytest.approx([0.05, 0.05])
    assert trace["error_y"]["arrayminus"] == pytest.approx([0.1, 0.1])
    assert "error_y" not in plain


def test_a_short_logarithmic_axis_has_its_values_as_ticks():
    factors = figures.Curve("a network", (0.5, 1, 2), (0.8, 0.9, 0.8))
    axis = figures.curves_figure([factors], "factor", None, log=True).to_dict()["layout"]["xaxis"]
    assert axis["type"] == "log" and axis["tickvals"] == [0.5, 1, 2]


def test_what_is_found_right_wrong_and_missed_has_its_colour():
    found, truth = np.array([[1, 1, 0, 0]], bool), np.array([[1, 0, 1, 0]], bool)
    picture = figures.mask_picture(np.full((1, 4), 0.4), found, truth, opacity=1)
    colors = [OKABE_ITO[6], OKABE_ITO[5], OKABE_ITO[0]]
    assert picture[0, :3].tolist() == [rgb(color).tolist() for color in colors]
    assert picture[0, 3].tolist() == [102, 102, 102]
    alone = figures.mask_picture(np.zeros((1, 4)), found, opacity=1)
    assert alone[0, 1].tolist() == rgb(OKABE_ITO[6]).tolist()


def test_a_particle_is_cut_out_with_its_margin():
    objects = np.zeros((40, 50), np.uint32)
    objects[10:14, 20:26] = 3
    assert figures.around(objects, objects, 3, margin_px=2).shape == (8, 10)


def test_levels_of_electrons_fall_into_bins_alike():
    grey = np.arange(0, 101) / 100
    counts = figures.grey_figure(np.repeat(grey, 7), grey, 0.5).to_dict()["data"][0]["y"]
    assert np.ptp(counts[:-1]) == pytest.approx(0)


def test_each_network_is_a_dot_and_the_line_goes_through_the_means():
    two, far = dots(0.4)[0], figures.Dot(64, 0.9, 0.8, 0.95)
    figure = figures.field_figure({"lattice": (two, *dots(0.6), far)}).to_dict()
    line, found = figure["data"]
    assert line["x"] == [8, 64] and line["y"] == pytest.approx([0.5, 0.9])
    assert len(found["x"]) == 3
    assert found["error_y"]["arrayminus"] == pytest.approx([0.1, 0.1, 0.1])
