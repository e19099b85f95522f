"""How far the zoo's models are off in what is measured of their results."""

from dataclasses import replace

import pytest

from models import zoo
from models.measured import measurand_errors


def test_the_errors_of_diameters_intercepts_and_fractions_are_those_on_record():
    particles = {one.measurand: one for one in measurand_errors(zoo.card("particles"))}
    assert particles["mean_diameter"].images == 54
    # The record's mean, to its digits.
    assert particles["mean_diameter"].mean == pytest.approx(0.0019, abs=1e-4)
    assert 0 < particles["mean_diameter"].within_95 < 1
    assert "95 % of 54" in particles["mean_diameter"].images_in_words
    grains = {one.measurand: one for one in measurand_errors(zoo.card("grains"))}
    assert grains["mean_intercept"].within_95 > 0.076
    assert 0 < grains["mean_intercept"].shared < 1
    coating = {one.measurand: one for one in measurand_errors(zoo.card("coating"))}
    assert "all of 2" in coating["fraction.oxide layer"].images_in_words


def test_other_weights_of_the_same_name_have_no_error_on_record():
    card = zoo.card("particles")
    assert measurand_errors(replace(card, weights=replace(card.weights, sha256="0" * 64))) == ()
    assert measurand_errors(zoo.card("otsu")) == ()
