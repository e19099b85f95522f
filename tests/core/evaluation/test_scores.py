"""Scores over images, from counts known by hand, scikit-image and torchmetrics."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import contingency_table

from core.evaluation.evaluation import Evaluation, evaluate
from core.evaluation.headlines import headlines
from core.evaluation.image_scores import ImageScores, ObjectScores, relative_error
from core.evaluation.report import entries, images_csv
from core.measurement.agreement import confusion_matrix
from core.measurement.object_agreement import match_objects
from core.segmentation.engines.classic_engine import ClassicEngine
from core.segmentation.engines.engine import Engine
from models.classic import otsu
from tests.core.evaluation.test_confidence_calibration import three_phases
from tests.core.measurement.test_agreement import worked_case
from tests.threshold_model import CARD, threshold_network

PHASES = ("background", "particle")


def image(confusion, stem="a", **more) -> ImageScores:
    return ImageScores(stem, np.array(confusion), (1.0,) * len(confusion), **more)


def by_key(images, phases=PHASES) -> dict:
    return {one.key: one.estimate for one in headlines(images, phases)}


def test_pixel_scores_are_those_of_scikit_image_and_torchmetrics():
    probabilities, mask = three_phases()
    counted = confusion_matrix(mask, probabilities.argmax(0), 3)
    np.testing.assert_array_equal(
        counted, contingency_table(mask, probabilities.argmax(0)).toarray()
    )
    found = by_key([image(counted)], ("a", "b", "c"))
    # torchmetrics 1.9.0: jaccard_index, dice_score and accuracy of the same two arrays.
    for key, values in (
        ("iou", (0.5484, 0.5780, 0.5812)),
        ("dice", (0.7084, 0.7326, 0.7351)),
    ):
        assert [found[f"{key}.{p}"].value for p in "abc"] == pytest.approx(values, abs=5e-5)
    assert found["mean_iou"].value == pytest.approx(0.5692, abs=5e-5)
    assert found["pixel_accuracy"].value == pytest.approx(0.7260, abs=5e-5)


def test_panoptic_quality_is_that_of_torchmetrics():
    reference, prediction = worked_case()
    # A third of one half goes over to the other, so that none of them has an IoU of exactly 0.5,
    # where torchmetrics asks for more and we do not.
    prediction[85:90][prediction[85:90] == 2] = 4
    matched = match_objects(reference, prediction)
    # torchmetrics 1.9.0: panoptic, segmentation and recognition quality.
    assert matched.panoptic_quality == pytest.approx(0.7429, abs=5e-5)
    assert matched.iou_sum / matched.true_positives == pytest.approx(0.8667, abs=5e-5)
    assert matched.f1 == pytest.approx(0.8571, abs=5e-5)


def test_one_confusion_matrix_over_all_images_is_not_the_mean_over_images():
    # IoU of particles: 10 / 10 and 10 / 40 by image, 20 / 50 over all.
    images = [image([[90, 0], [0, 10]]), image([[60, 0], [30, 10]], "b")]
    found = by_key(images)
    assert found["foreground_iou_macro"].value == pytest.approx((1 + 0.25) / 2)
    assert found["iou.particle"].value == pytest.approx(0.4)
    assert found["mean_iou"].value == pytest.approx((150 / 180 + 0.4) / 2)
    assert found["mean_dice"].value == pytest.approx((300 / 330 + 40 / 70) / 2)
    assert np.isnan([found["iou.particle"].low, found["mean_iou"].high]).all()


def test_intervals_are_over_groups_of_images():
    whole, half = [[90, 0], [0, 10]], [[80, 0], [10, 10]]
    tiles = [
        image(confusion, f"{m}-{tile}", group=f"m{m}")
        for m, confusion in enumerate([whole, half] * 4)
        for tile in range(2)
    ]
    found = by_key(tiles)["foreground_iou_macro"]
    # k of 8 micrographs with an IoU of 1, the others with 0.5; k from 1 to 7.
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.5625, 0.9375))


def test_phase_fractions_are_off_in_percentage_points_with_and_without_sign():
    # Particles: 40 of 100 px in both masks; found 30 and 60.
    images = [image([[60, 0], [10, 30]]), image([[40, 20], [0, 40]], "b")]
    found = by_key(images)
    assert found["phase_fraction_error_points.particle"].value == pytest.approx((-10 + 20) / 2)
    assert found["phase_fraction_absolute_error_points.particle"].value == pytest.approx(15)
    assert found["phase_fraction_error_points.background"].value == pytest.approx(-5)


def test_objects_over_all_images_and_image_by_image():
    reference, prediction = worked_case()
    worked = match_objects(reference, prediction)  # 3 pairs, 1 too many
    missed = match_objects(np.eye(8, dtype=int), np.zeros((8, 8), int))  # 1 missed
    strict = match_objects(reference, prediction, 0.75)  # 2 pairs, 2 too many, 1 missed
    yes, no = np.array([True]), np.array([False])
    images = [
        image(
            np.eye(2),
            objects=ObjectScores(
                worked, strict, np.array([2.0, 4.0]), np.array([2.0]), touching=yes, found=yes
            ),
        ),
        image(
            np.eye(2),
            "b",
            objects=ObjectScores(missed, missed, np.empty(0), np.array([40.0]), yes, no),
        ),
    ]
    found = by_key(images)
    assert found["objects_f1_iou50_micro"].value == pytest.approx(3 / (3 + 0.5 + 0.5))
    assert found["objects_f1_iou50_macro"].value == pytest.approx(0.85714 / 2, abs=1e-5)
    expected = worked.iou_sum / 4
    assert found["panoptic_quality_micro"].value == pytest.approx(expected)
    # An image without any object found has no mean diameter; over all, 3 px found and 21 px masked.
    assert found["mean_diameter_error"].value == pytest.approx(0.5)
    assert found["mean_diameter_error_micro"].value == pytest.approx(3 / 21 - 1)
    # Off by a half in one image, and by all in the other, where nothing was found.
    assert found["mean_diameter_absolute_error_median"].value == pytest.approx(0.75)
    assert found["mean_diameter_within_10_percent"].value == 0


def test_recall_of_touching_and_free_objects_and_by_size():
    nothing = match_objects(np.zeros((2, 2), int), np.zeros((2, 2), int))
    diameters = np.array([5.0, 20.0, 25.0, 200.0])
    objects = ObjectScores(
        nothing,
        nothing,
        diameters,
        diameters,
        touching=np.array([True, True, False, False]),
        found=np.array([False, True, True, True]),
    )
    found = by_key([image(np.eye(2), objects=objects)])
    group = {
        key.removeprefix("objects_recall_iou50."): one.value
        for key, one in found.items()
        if key.startswith("objects_recall")
    }
    assert group == {
        "touching": 0.5,
        "free": 1,
        "under_10_px": 0,
        "10_to_30_px": 1,
        "100_px_and_more": 1,
    }


def test_relative_errors_need_something_on_both_sides():
    assert relative_error(np.array([3.0]), np.array([1.0, 3.0])) == pytest.approx(0.5)
    assert np.isnan(relative_error(np.empty(0), np.ones(1)))


@pytest.fixture
def squares(tmp_path):
    """Two images of a bright square of 20 px; the second mask marks it 10 px high only."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for index in range(2):
        pixels = np.full((64, 64), 30, np.uint8)
        pixels[20:40, 20:40] = 220
        mask = np.zeros((64, 64), np.uint8)
        mask[20 : 40 - 10 * index, 20:40] = 7
        Image.fromarray(pixels).save(tmp_path / "images" / f"field{index}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"field{index}.png")
    return tmp_path


def test_an_evaluation_measures_what_users_read_off(squares):
    engine = Engine(CARD, threshold_network(), "cpu")
    result = evaluate(engine, squares / "images", squares / "masks", "instances")
    scores = json.loads(json.dumps(entries(result), allow_nan=False))
    first, second = scores["by_image"]
    # 200 of 4096 px too many; the diameter grows with the root of the area.
    assert second["phase_fraction_error_points"]["particle"] == pytest.approx(100 * 200 / 4096)
    assert first["mean_diameter_error"] == pytest.approx(0)
    assert second["mean_diameter_error"] == pytest.approx(2**0.5 - 1, abs=1e-6)
    assert second["objects_f1_iou75"] == 0
    assert result.images[0].objects.touching.tolist() == [False]
    assert second["objects_f1_iou50"] == 1 and second["panoptic_quality"] == pytest.approx(0.5)
    assert first["boundary_f1_2px_by_phase"] == {"background": 1, "particle": 1}
    calibration = scores["confidence_calibration"]
    # Sure of every pixel, wrong in 200 of 8192.
    assert calibration["overconfidence"] == pytest.approx(200 / 8192, abs=1e-3)
    assert calibration["bins"][-1][4] == pytest.approx(1, abs=1e-3)
    assert len(calibration["temperatures_of_folds"]) == 2
    assert scores["speed"]["seconds_per_megapixel"] > 0 and "CPU" in scores["speed"]["machine"]
    value, low, high = scores["headlines"]["mean_iou"]
    assert value > 0.5 and low is None and high is None
    assert scores["single_images"]["iou.particle"] == pytest.approx([1, 0.5])


def test_a_method_without_probabilities_has_no_calibration(squares):
    engine = ClassicEngine(otsu.CARD)
    scores = entries(evaluate(engine, squares / "images", squares / "masks", "instances"))
    assert scores["confidence_calibration"] is None
    assert "expected_calibration_error" not in scores["headlines"]


def test_the_table_of_images_has_a_column_for_each_phase():
    made = images_csv(
        Evaluation(CARD, (image([[90, 0], [0, 10]]), image([[60, 0], [30, 10]], "b")))
    )
    rows = list(csv.DictReader(io.StringIO(made.decode())))
    assert [row["stem"] for row in rows] == ["a", "b"]
    assert float(rows[1]["iou_particle"]) == 0.25
    assert float(rows[1]["phase_fraction_error_points_particle"]) == -30
