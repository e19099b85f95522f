"""Parameter counts of the lecture, and its two small networks on straight and shuffled images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.concepts.convolution import parameter_counts as counts
from core.concepts.equivariance.invariance import hidden_distances, probability_above
from core.concepts.shuffling import accuracy, followed_difference, permutation, shuffled
from core.concepts.snapshots import CRITICAL_TEMPERATURE, as_spins, quench
from models import lecture, zoo


def test_the_lectures_arithmetic() -> None:
    weights = counts.Layers(512).dense(1024)
    assert weights == 536_870_912 == 2**29
    assert counts.memory_bytes(weights, "double", False) == 4 * counts.GIB
    assert counts.memory_bytes(weights, "float32", False) == 2 * counts.GIB
    assert counts.memory_bytes(weights, "half", False) == counts.GIB
    assert counts.memory_bytes(weights, "double", True) == 16 * counts.GIB


def test_what_fits_on_how_many_cards() -> None:
    weights = counts.Layers(512).dense(1024)
    sizes = [
        counts.memory_bytes(weights, kind, training)
        for kind in ("double", "float32")
        for training in (False, True)
    ]
    assert [size / counts.GIB for size in sizes] == [4, 16, 2, 8]
    # A card that the weights fill to the last byte has no room for an image.
    assert [counts.cards_needed(size, 8) for size in sizes] == [1, 3, 1, 2]
    assert counts.cards_needed(80 * counts.GIB - 1, 80) == 1
    # As many outputs as 16 maps have: 64 TiB of weights, 256 TiB with what Adam keeps.
    dense = counts.Layers(maps=16).dense_maps(1024)
    assert dense == 2**44
    assert counts.memory_bytes(dense, "float32", True) == 2**48
    assert counts.cards_needed(2**48, counts.CARDS["H100"]) == 3277


def test_sharing_takes_the_side_out() -> None:
    layers = counts.Layers(512, 64, 3)
    assert {layers.shared(side) for side in counts.SIDES} == {576}
    assert layers.local(1024) == 576 * 2**20
    assert layers.dense_maps(1024) == 2**46


@pytest.mark.parametrize(("side", "maps", "kernel"), [(8, 1, 3), (6, 4, 5)])
def test_the_convolutions_count_is_torchs(side: int, maps: int, kernel: int) -> None:
    layer = torch.nn.Conv2d(1, maps, kernel, bias=False)
    assert counts.Layers(1, maps, kernel).shared(side) == layer.weight.numel()


@pytest.mark.parametrize(
    ("size", "words"), [(576, "576 B"), (4 * 2**30, "4 GiB"), (2**51, "2 PiB"), (1536, "1.5 KiB")]
)
def test_bytes_in_words(size: int, words: str) -> None:
    assert counts.in_words(size) == words


def test_a_weights_file_is_counted_without_loading_it() -> None:
    card = zoo.card("particles")
    expected = sum(weight.numel() for weight in card.build().parameters())
    assert counts.parameters_in(card.weights.path) == expected


@pytest.mark.parametrize(("network", "parameters"), [("mlp", 16_578), ("cnn", 98), ("flat", 4_178)])
def test_what_was_measured_is_of_these_networks(network: str, parameters: int) -> None:
    rows = [row for row in lecture.measured() if row.network == network]
    assert [row.inputs for row in rows] == ["straight", "shuffled"]
    assert {row.parameters for row in rows} == {parameters}
    assert sum(weight.numel() for weight in lecture.build(network).parameters()) == parameters
    assert all(len(row.folds) == 5 for row in rows)


def test_on_fresh_snapshots_shuffling_costs_the_cnn_and_not_the_mlp() -> None:
    spins, labels = lecture.snapshots()
    views = {"straight": spins, "shuffled": shuffled(spins, permutation(256))}
    found = {
        (network, inputs): accuracy(lecture.load(network, inputs), views[inputs], labels)
        for network in lecture.NETWORKS
        for inputs in lecture.INPUTS
    }
    assert found["cnn", "straight"] > 0.9
    assert found["cnn", "shuffled"] < 0.85
    assert abs(found["mlp", "straight"] - found["mlp", "shuffled"]) < 0.05


def test_the_shipped_weights_score_what_was_measured(shared_data) -> None:
    from research.lecture.train_shuffle import folds_by_content, read_snapshots

    spins, labels = read_snapshots(shared_data("ising"))
    held = folds_by_content(spins) == 0
    views = {"straight": spins[held], "shuffled": shuffled(spins[held], permutation(256))}
    for row in lecture.measured():
        network = lecture.load(row.network, row.inputs)
        # Half precision moves an image or two across the line.
        assert accuracy(network, views[row.inputs], labels[held]) == pytest.approx(
            row.folds[0], abs=0.003
        )


def test_equal_snapshots_lie_in_one_fold(shared_data) -> None:
    from research.lecture.train_shuffle import folds_by_content, read_snapshots

    spins, labels = read_snapshots(shared_data("ising"))
    assert (spins.shape, int((labels == 0).sum())) == ((5000, 16, 16), 2507)
    twice = np.concatenate([spins[:50], spins[:50]])
    folds = folds_by_content(twice)
    assert np.array_equal(folds[:50], folds[50:])


def test_an_mlp_shuffled_alike_gives_the_same_answers() -> None:
    assert followed_difference(lecture.load("mlp", "straight"), lecture.snapshots()[0]) < 1e-5


def test_a_shuffling_moves_every_pixel_once() -> None:
    order = permutation(256)
    assert sorted(order) == list(range(256))
    images = np.arange(512.0).reshape(2, 16, 16)
    assert shuffled(images, order)[1].ravel().tolist() == (order + 256.0).tolist()


def test_a_shift_moves_all_but_the_cnn_that_averages() -> None:
    """Sharing alone gives equivariance: the map that is flattened moves along with the image."""
    image = lecture.snapshots()[0][10]
    networks = {name: lecture.load(name, "straight") for name in lecture.NETWORKS}
    mlp, cnn, flat = (hidden_distances(one, image, range(3)) for one in networks.values())
    assert mlp[0] == cnn[0] == flat[0] == 0
    assert min(mlp[1:].min(), flat[1:].min()) > 0.01
    assert cnn.max() < 1e-6
    maps = [
        networks["flat"][:2](torch.from_numpy(np.roll(image, by, 1))[None, None]) for by in (0, 3)
    ]
    assert torch.equal(torch.roll(maps[0], 3, 3), maps[1])


def test_only_the_average_gives_one_answer_for_all_shifts() -> None:
    spins = lecture.snapshots()[0][50:70]
    spread = {
        name: max(
            np.ptp([probability_above(network, np.roll(one, by, 1)) for by in range(16)])
            for one in spins
        )
        for name in lecture.NETWORKS
        for network in [lecture.load(name, "straight")]
    }
    assert spread["cnn"] < 1e-6
    assert min(spread["mlp"], spread["flat"]) > 0.1


def test_a_quench_far_above_the_critical_temperature_is_in_equilibrium() -> None:
    assert pytest.approx(2.269185314213022) == CRITICAL_TEMPERATURE
    spins = quench(np.full(60, 5.0), side=12)
    assert set(np.unique(spins)) == {-1, 1}
    energy = -(spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2))).mean()
    # Onsager: u(5) = -0.428229; 60 x 144 spins leave an error of about 0.02.
    assert energy == pytest.approx(-0.428, abs=0.04)


def test_a_cold_quench_grows_domains() -> None:
    spins = quench(np.full(8, 0.1), side=12)
    assert -(spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2))).mean() < -1.4


def test_a_micrograph_becomes_half_up_half_down() -> None:
    spins = as_spins(np.random.default_rng(0).random((100, 60)))
    assert spins.shape == (16, 16)
    assert abs(spins.mean()) < 0.02
