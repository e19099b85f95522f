"""Where to label next: known uncertainties, and places that say what they were chosen by."""

from __future__ import annotations

import numpy as np
import pytest

from core.training.fine_tuning.where_next import Candidate, disagreement, where_next


def test_disagreement_is_none_where_all_say_the_same():
    unsure = np.full((2, 1, 2), 0.5)
    assert disagreement([unsure, unsure]) == pytest.approx(0)
    sure, other = np.array([[[1.0]], [[0.0]]]), np.array([[[0.0]], [[1.0]]])
    # Two sure answers that differ: the mean's entropy is ln 2, theirs 0.
    assert disagreement([sure, other]) == pytest.approx(np.log(2))


def test_the_unsure_area_and_object_are_found_and_random_places_have_something_in_them():
    grey = np.zeros((512, 512), np.uint8)
    grey[300:340, 40:80], grey[30:60, 300:330] = 200, 200
    grey[100, 100] = 1

    def predict(image: np.ndarray) -> np.ndarray:
        """Sure of 200; of two objects surer of the one in the left half, and undecided by which way
        the image lies in the quarter that holds the pixel of 1."""
        shape = image.shape
        phase = np.where(image == 200, 0.95, 0.02)
        columns = np.arange(shape[1])
        is_upright = np.argwhere(image == 1)[0].tolist() == [100, 100]
        phase[(image == 200) & (columns > 256)] = 0.8
        if is_upright:
            phase[:256, :256][image[:256, :256] < 200] = 0.4
        return np.stack([1 - phase, phase])

    found = where_next([Candidate("a", grey)], predict, 2, objects_phase=1)
    area = next(one for one in found if one.why == "unsure area")
    assert (area.top, area.left, area.bottom, area.right) == (0, 0, 256, 256)
    objects = [one for one in found if one.why == "unsure object"]
    assert {(one.top, one.left) for one in objects} == {(300, 40), (30, 300)}
    random = [one for one in found if one.why == "at random"]
    assert {(one.top, one.left) for one in random} == {(256, 0), (0, 256)}
    assert all(np.isnan(one.value) for one in random)


def test_places_are_of_different_images_where_there_are_enough():
    images = [Candidate(name, np.full((256, 600), 90, np.uint8)) for name in "abc"]
    found = where_next(images, lambda grey: np.full((2, *grey.shape), 0.5), 2)
    assert sorted(one.key for one in found if one.why == "unsure area") == ["a", "b", "c"]
    one = where_next(images[:1], lambda grey: np.full((2, *grey.shape), 0.5), 2)
    assert len([place for place in one if place.why == "unsure area"]) == 3
