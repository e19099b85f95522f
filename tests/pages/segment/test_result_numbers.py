"""The numbers beside a segmentation on the page Segment."""

from dataclasses import replace

import numpy as np

from models import zoo
from pages.components.segment.results import counted, instead
from tests.core.fields.made_analysis import analysis_of, card_of


def test_the_area_of_objects_is_said_where_it_is_not_that_of_their_phase():
    labels = np.zeros((20, 50), np.uint8)
    labels[2:12, 2:12] = labels[2:12, 20:30] = 1
    both = analysis_of(labels)
    assert counted(both) == "2"
    # The second of two squares of 100 px was burnt-in writing, say: 100 of 1000 px are left.
    one = analysis_of(labels, objects=labels * (np.arange(50) < 15))
    assert counted(one) == "1, 10.0 % of the area"
    assert one.object_fraction == 0.1


def test_grains_and_an_info_bar():
    labels = np.zeros((20, 50), np.uint8)
    labels[2:12, 2:12] = 1
    # 100 of 500 px above the bar.
    assert (
        analysis_of(labels, bar=10, objects=labels * (np.arange(20) < 10)[:, None]).object_fraction
        == 0.16
    )
    boundary = card_of("grain", "grain boundary", objects=0, boundary=1)
    assert counted(replace(analysis_of(labels), card=boundary)) == "1"


def test_a_model_of_particles_that_is_sure_of_nothing_names_the_one_for_metal_on_supports():
    nothing = analysis_of(np.zeros((20, 50), np.uint8))
    unsure = replace(nothing.selection, mean_confidence=0.3, doubtful=150)
    sentence = (
        "For metal particles on a catalyst support choose the model Supported metal particles."
    )
    for model, is_sure, said in (
        ("particles", False, sentence),
        ("particles", True, ""),
        ("otsu", False, ""),
        ("supported-particles", False, ""),
    ):
        selection = nothing.selection if is_sure else unsure
        assert instead(replace(nothing, card=zoo.card(model), selection=selection)) == said
