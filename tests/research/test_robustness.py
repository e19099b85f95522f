"""Changed images: what a threshold makes of each perturbation is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.evaluation import score_tables
from core.evaluation.robustness_scores import (
    RobustnessScore,
    read_robustness_scores,
    write_robustness_scores,
)
from core.segmentation.engines.engine import Engine
from models.measured import measured
from research.model_cards import card_text
from research.robustness import PERTURBATIONS, robustness
from tests.threshold_model import CARD, threshold_network

BY_NAME = {perturbation.name: perturbation for perturbation in PERTURBATIONS}


@pytest.fixture
def pairs(tmp_path):
    """An image whose right half is bright, and one with a quarter; the masks say so."""
    made = []
    for index, columns in enumerate((32, 16)):
        image, mask = tmp_path / f"{index}.png", tmp_path / f"mask{index}.png"
        pixels = np.full((64, 64), 30, np.uint8)
        pixels[:, 64 - columns :] = 220
        Image.fromarray(pixels).save(image)
        Image.fromarray((pixels > 100).astype(np.uint8) * 7).save(mask)
        made.append((image, mask))
    return made


def scores(pairs, *names):
    engine = Engine(CARD, threshold_network(), "cpu")
    found = robustness(engine, pairs, True, [BY_NAME[name] for name in names])
    return {one.perturbation: one for one in found}


def test_what_does_not_move_the_threshold_costs_nothing(pairs):
    names = ("unmodified", "gamma 0.5", "gamma 2", "rotation 90°", "rotation 180°")
    for one in scores(pairs, *names, "scale x0.5", "scale x2").values():
        assert one.images == 2
        assert one.foreground_iou == one.mean_iou == one.foreground_iou_macro == 1


def test_inverted_contrast_turns_the_answer_round(pairs):
    one = scores(pairs, "contrast inverted")["contrast inverted"]
    assert one.foreground_iou == one.mean_iou == one.foreground_iou_macro == 0


def test_noise_is_the_same_for_every_model(pairs):
    name = "Poisson noise, 25 electrons per pixel"
    assert scores(pairs, name) == scores(pairs, name)


def test_images_are_averaged_and_pixels_added(pairs):
    # The second mask marks half of what is bright: IoU 1 and 1/2; 2048 + 512 of 2048 + 1024 px.
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 56:] = 1
    Image.fromarray(mask).save(pairs[1][1])
    one = scores(pairs, "unmodified")["unmodified"]
    assert one.foreground_iou_macro == 0.75
    assert one.foreground_iou == pytest.approx(2560 / 3072)


def test_scores_come_back_and_stand_on_the_card(tmp_path, monkeypatch):
    rows = [RobustnessScore("unmodified", 4, 0.75, 0.875, float("nan"))]
    write_robustness_scores(tmp_path / "m.robustness.csv", rows)
    (back,) = read_robustness_scores(tmp_path / "m.robustness.csv")
    assert back.perturbation == "unmodified" and (back.images, back.mean_iou) == (4, 0.75)
    assert read_robustness_scores(tmp_path / "none.csv") == ()
    from models import zoo

    card = zoo.card("superalloy")
    found = replace(measured("superalloy"), robustness=(back,))
    monkeypatch.setattr("research.model_cards.measured", lambda name, careful=False: found)
    assert "| unmodified | 0.750 | 0.875 |" in card_text(card)
    two = replace(found, phases=("a", "b"))
    assert score_tables.robustness_rows(two)[0].score == "not known"
