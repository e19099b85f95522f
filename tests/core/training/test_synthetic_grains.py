"""Training without a data folder: images that make themselves, and never the same on both sides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import DataError, LamellaError
from core.evaluation.boundary_agreement import grain_agreement
from core.evaluation.evaluation import Evaluation
from core.evaluation.image_scores import ImageScores
from core.evaluation.report import entries
from core.synthesis.grains.settings import EFFECTS
from core.training.initialization import from_scratch
from core.training.loop import TrainingSettings, train
from core.training.recipe import FeatureDistillation, Recipe
from core.training.session import TrainingOptions, run_training, training_data
from core.training.synthetic_grains import draw_grains, grain_data
from core.types.model_card import ModelCard
from core.types.segmentation import Phase

SMALL = Recipe(
    steps=3,
    initialize=from_scratch,
    masks="instances",
    batch=2,
    crop_px=64,
    validate_every=3,
    source=lambda: grain_data(side=64, validation=2, train=2),
)


def card() -> ModelCard:
    return ModelCard(
        name="tiny",
        title="Tiny",
        purpose="",
        phases=(Phase("grain", "#000000"), Phase("boundary", "#ffffff")),
        build=lambda: nn.Conv2d(1, 2, 3, padding=1),
        weights=None,
        architecture="",
        mean=0.5,
        std=0.25,
        data="",
        licence="",
        reference="",
        boundary_phase=1,
    )


def test_a_drawn_crop_is_what_a_network_sees_of_a_file():
    image, labels = draw_grains(np.random.default_rng(0), 96)
    assert image.dtype == np.float32 and image.shape == labels.shape == (96, 96)
    assert image.min() == 0 and image.max() == 1
    assert set(np.unique(labels)) == {0, 1}


def test_leaving_effects_out_keeps_the_labels_and_changes_the_images():
    without = tuple(one.name for one in EFFECTS if one.name in ("noise", "attack", "blur"))
    differ = 0
    for seed in range(8):
        full, bare = (draw_grains(np.random.default_rng(seed), 64, left) for left in ((), without))
        np.testing.assert_array_equal(full[1], bare[1])
        differ += not np.array_equal(full[0], bare[0])
    assert differ >= 6


def test_validation_images_are_the_same_each_time_and_no_training_images():
    first, second = grain_data(side=64, validation=3, train=3), grain_data(("blur",), 64, 3, 3)
    for one, other in zip(first.validation, second.validation, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    seen = {pair.image.tobytes() for pair in first.train}
    assert seen.isdisjoint(pair.image.tobytes() for pair in first.validation)


def test_a_run_needs_no_folder_and_repeats(tmp_path: Path):
    results = [
        run_training(
            card(), SMALL, None, TrainingOptions(tmp_path / name, "cpu"), lambda phase, where: None
        )
        for name in ("one", "two")
    ]
    assert results[0].step == 3
    for name, value in results[0].state.items():
        assert torch.equal(value, results[1].state[name])


def test_batches_go_on_where_a_run_was_cut(tmp_path: Path):
    whole, cut = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(1, 2, 3, padding=1)
    cut.load_state_dict(whole.state_dict())
    data = grain_data(side=64, validation=1, train=1)
    settings = TrainingSettings(replace(SMALL, validate_every=1), 0.5, 0.25, 2)
    kept = replace(settings, checkpoint=tmp_path / "b")
    straight = train(whole, data, settings)
    train(cut, data, replace(kept, max_seconds=0))
    resumed = train(cut, data, replace(kept, resume=True))
    assert resumed.scores == straight.scores


def test_a_folder_is_refused_where_none_is_wanted_and_missed_where_one_is(tmp_path: Path):
    with pytest.raises(DataError, match="leave"):
        training_data(card(), SMALL, tmp_path)
    with pytest.raises(DataError, match="--data"):
        training_data(card(), replace(SMALL, source=None), None)


def test_a_source_and_feature_distillation_exclude_each_other():
    with pytest.raises(LamellaError, match="Leave one"):
        replace(SMALL, feature_distillation=FeatureDistillation(card, steps=1))


def test_evaluate_tells_what_counts_for_grains():
    network = np.zeros((64, 64), bool)
    network[:, 30:34] = network[30:34] = True
    image = ImageScores("a", 2048 * np.eye(2), (1.0, 1.0), grains=grain_agreement(network, network))
    scores = entries(Evaluation(card(), (image,)))
    assert scores["boundary_dice_within_3px"] == scores["network_f1_within_3px"] == 1
    assert scores["grains"] == scores["grains_in_mask"] == 1
    assert scores["mean_intercept_absolute_error"] == 0
    assert scores["by_image"][0]["mean_intercept_px"] == 64
