"""Agreement with a reference: counts known by hand, and one worked case with published scores."""

import numpy as np
import pytest

from core.errors import DataError
from core.measurement import agreement
from core.measurement.object_agreement import best_overlaps, match_objects


def worked_case() -> tuple[np.ndarray, np.ndarray]:
    """Three objects: one found exactly, one 14/15 of it, one cut into exact halves."""
    reference = np.zeros((100, 100), np.uint16)
    prediction = np.zeros((100, 100), np.uint32)
    reference[0:30, 0:45], prediction[0:30, 0:42] = 5, 9
    reference[40:60, 0:60], prediction[40:60, 0:60] = 1, 1
    reference[70:100, 0:65], prediction[70:85, 0:65], prediction[85:100, 0:65] = 3, 4, 2
    return reference, prediction


def test_confusion_matrix_counts_reference_in_rows():
    reference = np.array([[0, 0, 1], [1, 2, 2]], np.uint8)
    prediction = np.array([[0, 1, 1], [1, 2, 0]], np.uint8)
    counted = agreement.confusion_matrix(reference, prediction, 4)
    expected = [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert counted.dtype == np.int64
    np.testing.assert_array_equal(counted, expected)
    np.testing.assert_allclose(
        agreement.intersection_over_union(counted), [1 / 3, 2 / 3, 1 / 2, np.nan]
    )
    np.testing.assert_allclose(agreement.dice(counted), [1 / 2, 4 / 5, 2 / 3, np.nan])
    assert agreement.pixel_accuracy(counted) == pytest.approx(4 / 6)
    # 4 right pixels; two one-hot masks of 6 pixels have a union of 8.
    assert agreement.pooled_intersection_over_union(counted) == pytest.approx(4 / 8)


def test_wrong_labels_and_shapes_are_told():
    labels = np.zeros((4, 4), np.uint8)
    with pytest.raises(DataError, match="reference has labels from 0 to 255"):
        agreement.confusion_matrix(np.where(np.eye(4), 255, 0), labels, 2)
    with pytest.raises(DataError, match="4 x 4 px and the prediction 5 x 4 px"):
        agreement.confusion_matrix(labels, np.zeros((4, 5), np.uint8), 2)
    with pytest.raises(DataError, match="above 0"):
        match_objects(labels, labels, minimum_iou=0)


def test_worked_case_pixels():
    reference, prediction = (ids > 0 for ids in worked_case())
    counted = agreement.confusion_matrix(reference, prediction, 2)
    assert agreement.intersection_over_union(counted)[1] == pytest.approx(0.98)
    assert agreement.dice(counted)[1] == pytest.approx(0.98990, abs=1e-5)
    assert agreement.pixel_accuracy(counted) == pytest.approx(0.991)


@pytest.mark.parametrize(
    ("minimum_iou", "counts", "f1", "panoptic_quality"),
    [(0.5, (3, 1, 0), 0.85714, 0.69524), (0.75, (2, 2, 1), 0.57143, 0.55238)],
)
def test_worked_case_objects(minimum_iou, counts, f1, panoptic_quality):
    matched = match_objects(*worked_case(), minimum_iou)
    assert (
        matched.true_positives,
        matched.false_positives,
        matched.false_negatives,
    ) == counts
    assert matched.f1 == pytest.approx(f1, abs=1e-5)
    assert matched.panoptic_quality == pytest.approx(panoptic_quality, abs=1e-5)


def test_best_overlap_of_each_object_of_the_reference():
    reference = np.zeros((4, 10), int)
    reference[:, :4], reference[:, 6:8], reference[0, 9] = 5, 2, 9
    prediction = np.zeros((4, 10), int)
    prediction[:, :3], prediction[:, 3:7] = 1, 4
    # Objects 2, 5 and 9: 4 of 20 px, 12 of 16 px, none.
    assert best_overlaps(reference, prediction) == pytest.approx([0.2, 0.75, 0])
    assert best_overlaps(reference > 99, prediction).size == 0
    assert best_overlaps(np.ones((2, 2), int), np.ones((2, 2), int)).tolist() == [1]


def test_matching_prefers_more_pairs_to_a_better_pair():
    reference = np.array([[1] * 10 + [2] * 4])
    prediction = np.array([[1] * 4 + [3] * 10])
    # IoU: 1-1 0.4, 1-3 6/14, 2-3 0.4. Greedy would take 1-3 and lose a pair.
    matched = match_objects(reference, prediction, minimum_iou=0.3)
    assert matched.true_positives == 2
    assert matched.iou_sum == pytest.approx(0.8)


def test_nothing_to_match():
    empty, one = np.zeros((5, 5), int), np.ones((5, 5), int)
    assert np.isnan(match_objects(empty, empty).f1)
    assert match_objects(one, empty).recall == 0
    assert np.isnan(match_objects(one, empty).precision)
    assert match_objects(empty, one).false_positives == 1


@pytest.mark.parametrize(("shift", "tolerance", "expected"), [(2, 2, 1), (2, 1, 0), (0, 0, 1)])
def test_boundary_of_a_shifted_edge(shift, tolerance, expected):
    reference = np.zeros((20, 40), bool)
    reference[:, :20] = True
    prediction = np.roll(reference, shift, axis=1)
    prediction[:, :shift] = True
    assert agreement.boundary_f1(reference, prediction, tolerance) == expected


def test_boundary_counts_by_hand():
    reference, prediction = np.zeros((12, 12), bool), np.zeros((12, 12), bool)
    reference[2:6, 2:6] = True  # 12 boundary pixels
    prediction[2:6, 2:8] = True  # 16, 10 of them shared
    precision, recall = 10 / 16, 10 / 12
    assert agreement.boundary_f1(reference, prediction, 0) == pytest.approx(
        2 * precision * recall / (precision + recall)
    )


def test_boundary_of_empty_masks():
    empty, half = np.zeros((6, 6), bool), np.tri(6, dtype=bool)
    assert np.isnan(agreement.boundary_f1(empty, empty, 2))
    assert np.isnan(agreement.boundary_f1(~empty, ~empty, 2))
    assert agreement.boundary_f1(half, empty, 2) == 0


def test_mean_of_known_values_leaves_nan_out_without_a_warning() -> None:
    assert agreement.mean_of_known([1.0, float("nan"), 3.0]) == 2
    assert np.isnan(agreement.mean_of_known([float("nan")]))
