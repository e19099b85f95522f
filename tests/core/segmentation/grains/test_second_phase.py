"""A second phase among grains: two grains with a particle on their boundary and one within."""

from dataclasses import replace

import numpy as np

from core.analysis.remeasure import regroup
from core.fields.field import measure_field
from core.fields.settings import MeasureSettings
from core.segmentation.grains.intercepts import intercepts_of
from core.segmentation.grains.merging import grains_from_probability
from core.segmentation.grains.second_phase import (
    closing_probability,
    second_phase_mask,
    second_phases,
    with_outlines,
)
from core.segmentation.settings import ObjectSettings
from tests.core.fields.made_analysis import analysis_of, card_of

CARD = card_of("grain", "grain boundary", "second phase", objects=0, boundary=1)
ON_BOUNDARY, WITHIN = np.s_[50:70, 70:90], np.s_[80:100, 20:40]


def labels() -> np.ndarray:
    """A boundary in the middle of 120 x 160 px, with a particle of 20 px on it and one in the
    grain on its left."""
    drawn = np.zeros((120, 160), np.uint8)
    drawn[:, 78:82] = 1
    drawn[ON_BOUNDARY] = drawn[WITHIN] = 2
    return drawn


def analysis(card=CARD):
    return analysis_of(labels(), 100.0, card=card)


def test_what_is_neither_grain_nor_boundary_is_a_second_phase():
    assert second_phases(CARD) == (2,)
    assert second_phases(card_of("grain", "grain boundary", objects=0, boundary=1)) == ()
    assert second_phases(card_of("matrix", "particle", "carbide")) == ()


def test_the_boundary_goes_on_through_a_particle_and_none_is_made_within_a_grain():
    shares = analysis().segmentation.probabilities.astype(np.float32)
    grains = grains_from_probability(closing_probability(shares.__getitem__, CARD))
    assert grains.max() == 2
    border = np.diff(grains.astype(int), axis=1) != 0
    assert (border.sum(1) == 1).all()
    assert np.abs(border.argmax(1) - 79).max() <= 2


def test_outlines_are_kept_by_choice_from_the_least_area_on():
    grains = np.ones((120, 160), np.uint32)
    particles = second_phase_mask(labels(), CARD)
    particles[5:8, 5:8] = True
    kept = with_outlines(grains, particles, 20)
    assert np.unique(kept).tolist() == [1, 2, 3]
    assert (kept == 2).sum() == (kept == 3).sum() == 400
    assert kept[6, 6] == 1


def test_the_setting_reaches_intercepts_and_grain_size_and_back():
    left_out = analysis()
    left_out = replace(
        left_out,
        intercepts=intercepts_of(
            left_out.micrograph, CARD, left_out.segmentation, ObjectSettings()
        ),
    )
    kept = regroup(left_out, ObjectSettings(keep_second_phase=True))
    assert kept.intercepts.mean_px < left_out.intercepts.mean_px
    again = regroup(kept, ObjectSettings())
    assert again.intercepts.mean_px == left_out.intercepts.mean_px
    few, more = (measure_field(one) for one in (left_out, kept))
    assert (len(few.table), len(more.table)) == (2, 4)
    assert any("covers 4.2 %" in note and "left out" in note for note in few.notes)
    assert any("counts as a grain" in note for note in more.notes)


def test_the_area_fraction_is_in_the_table_of_phases():
    table = measure_field(analysis(), MeasureSettings(kind="phases")).table.set_index("phase")
    assert table.loc["second phase", "area_fraction_percent"] == 100 * 800 / (120 * 160)
