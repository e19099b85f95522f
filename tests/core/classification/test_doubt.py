"""Doubts about an image are found with no more crops than it takes."""

from __future__ import annotations

import numpy as np
import pytest

from core.classification.card import Classification
from core.classification.classify import classify, classify_unless
from core.classification.doubt import doubts, doubts_about
from core.segmentation.engines.engine import Engine
from core.types.micrograph import Micrograph
from models import classifiers, zoo

CARD = classifiers.card(classifiers.MICROGRAPH_TYPE)
PIXELS = np.random.default_rng(4).random((60, 60)).astype(np.float32)
IMAGE = Micrograph(PIXELS, "x", "x")
PARTICLES, OTHER = 0, len(CARD.phases) - 1


class Answering(Engine):
    """Answers each call with the next of ``shares``, the probability of particles."""

    def __init__(self, *shares: float) -> None:
        self.shares, self.crops = list(shares), list[int]()

    def probabilities(self, grey: np.ndarray) -> np.ndarray:
        self.crops.append(len(grey))
        found = np.zeros((len(grey), len(CARD.phases)), np.float32)
        found[:, PARTICLES] = self.shares.pop(0)
        found[:, OTHER] = 1 - found[:, PARTICLES]
        return found


@pytest.mark.parametrize(
    ("shares", "crops"),
    [((0.75,), [1]), ((0.74, 0.02), [1, 4]), ((0.7, 0.02, 0.04), [1, 4, 4])],
)
def test_no_more_crops_are_looked_at_than_it_takes(shares: tuple[float, ...], crops: list[int]):
    engine = Answering(*shares)
    assert doubts_about(IMAGE, zoo.card("particles"), CARD, engine) == ()
    assert engine.crops == crops


def test_what_may_be_in_doubt_is_told_as_by_all_crops():
    (said,) = doubts_about(IMAGE, zoo.card("particles"), CARD, Answering(0.4, 0.2, 0.1))
    assert "23 % likeness" in said


def test_a_model_of_no_class_is_never_in_doubt():
    engine = Answering()
    assert doubts_about(IMAGE, zoo.card("otsu"), CARD, engine) == ()
    assert not engine.crops


def test_the_shipped_network_gives_the_numbers_of_all_crops_at_once():
    engine = classifiers.micrograph_classifier()
    found = classify_unless(IMAGE, engine, CARD, PARTICLES, 1.1)
    assert found is not None
    at_once = classify(IMAGE, engine, CARD)
    np.testing.assert_allclose(found.probabilities, at_once.probabilities, atol=1e-6)
    assert doubts_about(IMAGE, zoo.card("particles"), CARD, engine) == doubts(
        zoo.card("particles"), at_once
    )


def test_an_unlikely_part_of_other_is_no_reason_to_doubt():
    found = Classification(np.eye(len(CARD.phases))[OTHER], CARD)
    assert "0 % likeness with our images of particles" in doubts(zoo.card("particles"), found)[0]
    supported = zoo.card("supported-particles")
    assert doubts(supported, found) == ()
    assert doubts_about(IMAGE, supported, CARD, Answering(0.0, 0.0, 0.0)) == ()
