"""How sure each object is: what it follows from, and what becomes of doubtful ones."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import LamellaError
from core.segmentation.objects.confidence import features, object_confidence, typical_area
from core.segmentation.objects.instances import check_settings
from core.segmentation.objects.selection import Selection, select_objects
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ObjectConfidence
from core.types.segmentation import Phase, Segmentation
from models.zoo.particles import CARD

PHASES = (Phase("background", "#000000"), Phase("particle", "#ffffff"))
NOTHING_WRITTEN = np.zeros((6, 12), bool)


def two_objects() -> tuple[np.ndarray, Segmentation]:
    """A block of 4 x 4 px alone, and one of 4 x 4 px cut in two halves of 4 x 2 px."""
    objects = np.zeros((6, 12), np.uint32)
    objects[1:5, 1:5], objects[1:5, 7:9], objects[1:5, 9:11] = 1, 2, 3
    particle = np.where(objects > 0, 0.75, 0.0)
    particle[objects == 1] = 1
    contact, distance = np.zeros((2, 6, 12))
    contact[1:5, 8], contact[1:5, 9] = 0.25, 0.75
    distance[2, 2], distance[2, 7], distance[2, 10] = 1, 0.5, 0.25
    made = Segmentation(
        labels=(particle > 0.5).astype(np.uint8),
        probabilities=np.stack([1 - particle, particle]).astype(np.float16),
        phases=PHASES,
        pixel_size=None,
        model="two",
        digest="two",
        contact=contact.astype(np.float16),
        distance=distance.astype(np.float16),
    )
    return objects, made


def test_what_the_confidence_of_an_object_follows_from():
    objects, made = two_objects()
    probability, middle, cut, contact, size, undecided = features(objects, made, 1)[:, 1:]
    assert probability == pytest.approx([1, 0.75, 0.75])
    assert middle == pytest.approx([1, 0.5, 0.25])
    # Each half has an outline of 12 sides of pixels, 4 of them along the cut.
    assert cut == pytest.approx([0, 1 / 3, 1 / 3])
    assert contact == pytest.approx([0, 0.5 / 3, 0.5 / 3])
    # A contact of 0.75 parts them: regions of 16, 8 and 4 px, in which a pixel's is 12 on average.
    assert typical_area(made, 1) == pytest.approx((16**2 + 8**2 + 4**2) / 28)
    assert size == pytest.approx(np.log(np.array([16, 8, 8]) / 12))
    # 16 of the 32 pixels have a probability of 0.75; the others are certain.
    assert undecided == pytest.approx(np.full(3, np.log(0.375 + 0.001)))


def test_a_filled_hole_says_nothing_against_an_object():
    objects, made = two_objects()
    particle = made.probabilities.copy()
    particle[:, 2:4, 2:4] = [[[1]], [[0]]]
    hollow = replace(made, probabilities=particle, labels=(particle[1] > 0.5).astype(np.uint8))
    assert features(objects, hollow, 1)[0, 1] == 1
    # The hole is background, not a neighbour that the object was cut from.
    assert features(objects, hollow, 1)[2, 1] == 0


def test_confidence_is_the_logistic_of_the_weighted_features_whatever_else_counts():
    objects, made = two_objects()
    card = replace(CARD, object_confidence=ObjectConfidence(-1, 1, 2, -3, 6, 0.5, -0.1))
    found = object_confidence(objects, made, card)
    odds = np.array([-1 + 1 + 2, -1 + 0.75 + 1 - 1 + 1, -1 + 0.75 + 0.5 - 1 + 1])
    odds += np.log(np.array([16, 8, 8]) / 12) / 2 - 0.1 * np.log(0.376)
    assert found == pytest.approx([1, *(1 / (1 + np.exp(-odds)))])
    alone = object_confidence(np.where(objects == 3, 0, objects), made, card)
    assert alone == pytest.approx(found[:3])
    assert object_confidence(objects, made, replace(card, object_confidence=None)) is None


def test_weights_of_any_size_give_a_probability():
    """Of odds of e to the power of -1000 or of 1000."""
    objects, made = two_objects()
    for intercept, confidence in ((-1000.0, 0), (1000.0, 1)):
        weights = ObjectConfidence(intercept, 0, 0, 0, 0, 0, 0)
        found = object_confidence(objects, made, replace(CARD, object_confidence=weights))
        assert found.tolist() == [1, confidence, confidence, confidence]


def test_doubtful_objects_do_not_count_and_are_told():
    objects, _ = two_objects()
    confidence = np.array([1, 0.9, 0.2, 0.6])
    settings = ObjectSettings(minimum_area_px=1, minimum_confidence=0.5)
    left, selection = select_objects(objects, settings, NOTHING_WRITTEN, confidence)
    assert selection == Selection(doubtful=1)
    assert np.array_equal(left, np.array([0, 1, 0, 2])[objects])
    everything = replace(settings, minimum_confidence=0)
    assert np.array_equal(
        select_objects(objects, everything, NOTHING_WRITTEN, confidence)[0], objects
    )
    assert select_objects(objects, settings, NOTHING_WRITTEN)[1] == Selection()


def test_an_image_whose_objects_are_unsure_on_average_holds_none():
    objects = np.zeros((6, 30), np.uint32)
    objects[:5, 1:6], objects[:5, 11:16], objects[:5, 21:26], objects[5, 0] = 1, 2, 3, 4
    nothing_written, settings = np.zeros(objects.shape, np.bool_), ObjectSettings()
    # The speck of 1 px is not asked: with it the mean would be 0.52.
    confidence = np.array([1, 0.7, 0.2, 0.3, 0.9])

    def selected(chosen: ObjectSettings, least_mean: float) -> tuple[list[int], Selection]:
        left, selection = select_objects(objects, chosen, nothing_written, confidence, least_mean)
        return np.unique(objects[left > 0]).tolist(), selection

    none = Selection(too_small=1, doubtful=3, mean_confidence=pytest.approx(0.4))
    assert selected(settings, 0.41) == ([], none)
    assert selected(settings, 0.39) == ([1], Selection(too_small=1, doubtful=2))
    everything = replace(settings, minimum_confidence=0)
    assert selected(everything, 0.41) == ([1, 2, 3], Selection(too_small=1))
    # The least area is the user's; whether there is any object is the image's.
    specks = replace(settings, minimum_area_px=1)
    assert selected(specks, 0.41) == ([], replace(none, too_small=0, doubtful=4))


def test_specks_beside_a_sure_object_do_not_speak_for_the_image():
    objects = np.zeros((20, 40), np.uint32)
    objects[:, :20], objects[:5, 22:27], objects[:5, 30:35] = 1, 2, 3
    confidence = np.array([1, 0.99, 0.1, 0.1])
    nothing_written = np.zeros(objects.shape, np.bool_)
    # One of 20 px and two of 5: (20 x 0.99 + 2 x 5 x 0.1) / 30 = 0.69, not 0.40.
    for least_mean, kept in ((0.69, [1]), (0.70, [])):
        left, selection = select_objects(
            objects, ObjectSettings(), nothing_written, confidence, least_mean
        )
        assert np.unique(objects[left > 0]).tolist() == kept
    assert selection.mean_confidence == pytest.approx(20.8 / 30)


def test_a_confidence_out_of_range_is_refused():
    with pytest.raises(LamellaError, match=r"least confidence is 1\.5"):
        check_settings(ObjectSettings(minimum_confidence=1.5))
