"""The loop that trains small networks on images in memory, on problems with a known answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import Cancelled
from core.synthesis.ising.lattice import energy
from models.architectures.small import build_symmetric
from studies.ising.training import (
    ClassifierRecipe,
    EpochScore,
    Examples,
    _moved,
    predict,
    probabilities,
    score_of,
    train_classifier,
)


def walls(count: int = 120, seed: int = 0) -> Examples:
    """Return 8 x 8 images that are random (1), or of one half up and one down (0)."""
    random = np.random.default_rng(seed)
    images = random.choice(np.array([-1, 1], np.int8), (count, 8, 8))
    labels = np.arange(count) % 2
    halves = np.ones((count // 2, 8, 8), np.int8)
    halves[:, :4] = -1
    images[labels == 0] = halves
    return Examples(images, labels)


RECIPE = ClassifierRecipe(epochs=6, learning_rate=2e-2, batch=16)


def test_a_convolution_learns_what_a_linear_network_cannot() -> None:
    def linear() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 2))

    seen: list[EpochScore] = []
    train_classifier(build_symmetric, walls(), walls(seed=1), RECIPE, seen=seen.append)
    assert [one.epoch for one in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1].held_back == 1.0
    assert seen[-1].loss < seen[0].loss
    flat: list[EpochScore] = []
    train_classifier(linear, walls(), walls(seed=1), RECIPE, seen=flat.append)
    assert flat[-1].held_back < 0.8


def test_a_number_is_learned_too() -> None:
    given = walls(240)
    targets = energy(given.images).astype(np.float32)
    examples = Examples(given.images, targets)
    seen: list[EpochScore] = []
    recipe = ClassifierRecipe(12, 2e-2, 16)
    train_classifier(
        lambda: build_symmetric(classes=1), examples, examples, recipe, seen=seen.append
    )
    assert seen[-1].held_back < 0.3 * targets.std()


def test_two_who_train_at_once_get_what_each_gets_alone() -> None:
    alone = [train_classifier(build_symmetric, walls(), walls(), RECIPE) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        both = list(
            pool.map(
                lambda seed: train_classifier(build_symmetric, walls(seed=seed), walls(), RECIPE),
                (0, 0),
            )
        )
    for network in (alone[1], *both):
        for name, weights in network.state_dict().items():
            assert torch.equal(weights, alone[0].state_dict()[name])


def test_a_training_is_stopped_between_two_batches() -> None:
    steps = []

    def stop(done: int, total: int) -> None:
        steps.append((done, total))
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        train_classifier(build_symmetric, walls(), walls(), RECIPE, progress=stop)
    assert steps == [(1, 48), (2, 48), (3, 48)]


def test_symmetries_change_neither_energy_nor_size_of_the_magnetization() -> None:
    images = torch.from_numpy(walls().images)[:, None].float()
    random = torch.Generator().manual_seed(0)
    for _ in range(8):
        moved = _moved(images, random)
        before, after = (one[:, 0].numpy() for one in (images, moved))
        assert np.allclose(energy(before), energy(after))
        assert np.allclose(abs(before.mean((1, 2))), abs(after.mean((1, 2))))
        assert not torch.equal(images, moved)


def test_scores_and_probabilities() -> None:
    outputs = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 4.0]], np.float32)
    assert score_of(outputs, np.array([0, 1, 0])) == pytest.approx(2 / 3)
    assert score_of(outputs[:, :1], np.array([2.0, 0.0, 0.0])) == pytest.approx(np.sqrt(3))
    assert probabilities(outputs)[:, 1] == pytest.approx(1 / (1 + np.exp([2, -1, -1])))


def test_prediction_takes_more_images_than_one_batch() -> None:
    network = build_symmetric().eval()
    images = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (600, 4, 4))
    with torch.no_grad():
        whole = network(torch.from_numpy(images)[:, None].float()).numpy()
    assert predict(network, images) == pytest.approx(whole, abs=1e-6)
