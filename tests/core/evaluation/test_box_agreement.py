"""Objects beside boxes: what files say, overlaps, matches and counts that are known beforehand."""

import json

import numpy as np
import pytest

from commands.terminal.box_scores import text
from core.errors import DataError
from core.evaluation.box_agreement import BoxScores, compared, entries
from core.measurement.boxes import box_overlaps, boxes_of_objects, match_boxes, read_yolo_boxes
from models import zoo

BOXES = np.array([[0, 0, 10, 10], [20, 20, 30, 40]], float)


def test_boxes_of_a_file_are_in_px(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("0 0.5 0.25 0.1 0.2\n\n1 0.25 0.5 0.5 1 0.9\n", "utf-8")
    found = read_yolo_boxes(path, (100, 200))
    assert found == pytest.approx(np.array([[15, 90, 35, 110], [0, 0, 100, 100]]))
    path.write_text("", "utf-8")
    assert read_yolo_boxes(path, (100, 200)).shape == (0, 4)


@pytest.mark.parametrize("line", ["0 0.5 0.25", "Cu 1 2 3 wide"])
def test_a_file_of_another_form_is_named_with_its_line(tmp_path, line):
    path = tmp_path / "a.txt"
    path.write_text(f"0 0.5 0.25 0.1 0.2\n{line}\n", "utf-8")
    with pytest.raises(DataError, match="a.txt, line 2"):
        read_yolo_boxes(path, (100, 200))


def test_boxes_of_objects_reach_around_their_pixels():
    objects = np.zeros((20, 20), np.uint32)
    objects[2:5, 3:9] = 1
    objects[10, 10] = 3
    assert boxes_of_objects(objects).tolist() == [[2, 3, 5, 9], [10, 10, 11, 11]]
    assert boxes_of_objects(objects * 0).shape == (0, 4)


def test_overlaps_are_shares_of_the_union():
    others = np.array([[0, 0, 10, 10], [0, 5, 10, 15], [10, 0, 20, 10]], float)
    assert box_overlaps(BOXES[:1], others)[0] == pytest.approx([1, 1 / 3, 0])


def test_as_many_pairs_as_possible():
    """The best pair for itself would leave two boxes alone."""
    reference = np.array([[0, 0, 10, 10], [0, 4, 10, 14]], float)
    found = np.array([[0, 3, 10, 13], [0, 8, 10, 18]], float)
    # 0.54 and 0.11 for the first, 0.82 and 0.43 for the second.
    assert match_boxes(reference, found, 0.3).true_positives == 2
    strict = match_boxes(reference, found, 0.5)
    assert (strict.true_positives, strict.false_positives, strict.false_negatives) == (1, 1, 1)
    assert strict.iou_sum == pytest.approx(9 / 11)
    none = match_boxes(reference, np.zeros((0, 4)), 0.3)
    assert (none.false_negatives, none.f1) == (2, 0)


def test_scores_of_images_series_and_all():
    shifted = BOXES + [[0, 0, 0, 0], [0, 8, 0, 8]]  # the second with an IoU of 12/28
    scores = BoxScores(
        (
            compared("Cu_silica1", BOXES, BOXES),
            compared("Cu_silica2", BOXES, shifted),
            compared("Pt-12", BOXES, np.vstack([BOXES, BOXES + 50, BOXES + 90])),
        )
    )
    assert [one.series for one in scores.images] == ["Cu_silica", "Cu_silica", "Pt"]
    assert [one.count_error for one in scores.images] == [0, 0, 2]
    assert scores.f1_macro(0) == pytest.approx((1 + 1 + 0.5) / 3)
    assert scores.f1_macro(1) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert scores.f1_micro(1) == pytest.approx(2 * 5 / (6 + 10))
    assert scores.count_error_median == 0
    found = json.loads(json.dumps(entries(scores, zoo.card("particles"))))
    assert found["by_series"]["Pt"]["count_absolute_error_median"] == 2
    assert found["by_image"]["Cu_silica2"]["boxes_f1_iou30_macro"] == 1
    assert found["objects"] == 10 and found["boxes"] == 6
    assert "Cu_silica" in text(scores, "particles") and "200.0 %" in text(scores, "particles")
