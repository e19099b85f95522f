"""Whether the confidence of objects holds, counted over images."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.image_scores import ObjectScores
from core.evaluation.measured import ObjectReliability
from core.evaluation.object_reliability import object_confidence_entries, object_confidence_text
from core.measurement.object_agreement import match_objects

NOTHING = match_objects(np.zeros((2, 2), int), np.zeros((2, 2), int))
WITHOUT = ObjectScores(NOTHING, NOTHING, *np.empty((4, 0)))


def test_the_share_of_right_objects_by_confidence_over_all_images():
    images = [
        replace(WITHOUT, confidence=np.array([0.95, 0.15]), overlap=np.array([0.9, 0.6])),
        replace(WITHOUT, confidence=np.array([1.0, 0.17, 0.13]), overlap=np.array([0.4, 0, 0.8])),
        WITHOUT,
    ]
    found = object_confidence_entries(images)
    assert found["bins"][9] == pytest.approx([0.9, 1.0, 0.975, 0.5, 0.4])
    assert found["bins"][1] == pytest.approx([0.1, 0.2, 0.15, 2 / 3, 0.6])
    assert found["bins"][5] == [0.5, 0.6, None, None, 0]
    # (|1.95 - 1| + |0.45 - 2|) of 5 objects.
    assert found["expected_calibration_error"] == pytest.approx(0.5)
    assert found["doubtful"] == 3
    assert found["doubtful_under_iou75"] == pytest.approx(2 / 3)


def test_objects_without_a_confidence_have_no_reliability():
    assert object_confidence_entries([WITHOUT]) is None


def test_the_reliability_of_objects_in_words():
    found = ObjectReliability((), 0.016, 0.35, 68, 0.94)
    text = object_confidence_text(found)
    assert "off by 0.016" in text
    assert "68 lay below 0.35 and did not count; 94 % of these were wrong or doubtful" in text
    assert "did not count" not in object_confidence_text(replace(found, doubtful=0))
