"""The model for supported metal particles: its card says what was measured beside boxes."""

import json

import pytest

from core.analysis.analyse import analyse
from core.synthesis.supported.sample import supported_metal
from models import zoo
from models.measured import FOLDER

CARD = zoo.card("supported-particles")
BOXES = json.loads((FOLDER / "supported-particles.boxes.json").read_text("utf-8"))


def test_scores_beside_boxes_are_those_of_the_shipped_weights():
    assert BOXES["weights_sha256"] == CARD.weights.sha256
    assert BOXES["images"] == len(BOXES["by_image"]) == 16
    # None of the images whose boxes it learned from.
    assert all(stem.startswith("Pt") for stem in BOXES["by_image"])
    on_card = {one.metric: one.value for one in CARD.scores if "--boxes" in one.command}
    for iou in (30, 50):
        for kind, words in (("macro", "mean over images"), ("micro", "micro average")):
            metric = f"F1 of objects' boxes at IoU 0.{iou // 10}, {words}"
            assert on_card[metric] == pytest.approx(BOXES[f"boxes_f1_iou{iou}_{kind}"], abs=5.1e-4)
    off = "absolute error of the count, median over images (1 = 100 %)"
    assert on_card[off] == pytest.approx(BOXES["count_absolute_error_median"], abs=5.1e-4)


def test_most_of_the_sample_is_counted():
    made = supported_metal()
    analysis = analyse(made.micrograph, zoo.load(CARD.name, "cpu"))
    found = int(analysis.objects.max())
    assert 0.7 * made.particles < found < 1.1 * made.particles
