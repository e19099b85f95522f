"""Residual blocks, gradients through depth, and a short training on patches."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
import torch

from core.concepts.depth import gradient_flow, residual
from core.errors import Cancelled, LamellaError
from core.figures.networks import gradients as figures


@pytest.fixture
def given() -> gradient_flow.Patches:
    return gradient_flow.patches(np.random.default_rng(0).random((64, 64)), count=32)


def test_a_branch_of_zeros_is_the_identity_bit_for_bit() -> None:
    assert residual.identity_error(torch.rand(2, residual.CHANNELS, 9, 9)) == 0.0


def test_lines_to_copy_show_the_identity() -> None:
    lines = residual.snippet()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(lines.code, {})
    assert printed.getvalue().strip() == lines.prints == "0.0"


def test_plain_and_residual_are_alike_but_for_the_skip() -> None:
    plain, skipping = (residual.build(4, skip, norm=False) for skip in (False, True))
    for one, other in zip(plain.parameters(), skipping.parameters(), strict=True):
        assert torch.equal(one, other)
    x = torch.rand(2, 1, 8, 8)
    assert not torch.equal(plain(x), skipping(x))


def test_building_leaves_the_random_numbers_of_others_alone() -> None:
    state = torch.get_rng_state()
    residual.build(4, skip=True, norm=True, seed=7)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("depth", [0, 3, 130, -2])
def test_depths_that_cannot_be_built(depth: int) -> None:
    with pytest.raises(LamellaError, match="even one from 2 to 128"):
        residual.build(depth, skip=True, norm=False)


def test_gradients_vanish_in_a_plain_network_only(given: gradient_flow.Patches) -> None:
    plain, skipping = gradient_flow.gradient_flow(given, 32, norm=False)
    assert len(plain.norms) == len(skipping.norms) == 32
    assert plain.norms[0] < 1e-9
    assert skipping.norms[0] > 1e-3


def test_batch_norm_keeps_gradients_alive(given: gradient_flow.Patches) -> None:
    plain, _ = gradient_flow.gradient_flow(given, 16, norm=True)
    assert min(plain.norms) > 1e-3


def test_batch_norm_makes_the_gradients_of_a_deep_plain_network_explode(
    given: gradient_flow.Patches,
) -> None:
    """At initialization, towards the first layer: Yang et al. 2019, arXiv:1902.08129."""
    plain, skipping = gradient_flow.gradient_flow(given, 64, norm=True)
    assert plain.norms[0] > 100 * plain.norms[-1]
    assert skipping.norms[0] < plain.norms[0] / 10


def test_half_the_patches_are_blurred(given: gradient_flow.Patches) -> None:
    roughness = given.images.diff(dim=3).abs().mean((1, 2, 3))
    assert given.labels.tolist() == [0, 1] * 16
    assert roughness[given.labels == 1].max() < roughness[given.labels == 0].min()


@pytest.mark.parametrize("image", [np.zeros((8, 64)), np.ones((64, 64))])
def test_images_without_patches(image: np.ndarray) -> None:
    with pytest.raises(LamellaError, match="some contrast are needed"):
        gradient_flow.patches(image)


def test_training_reports_every_step_and_skips_every_block(given: gradient_flow.Patches) -> None:
    seen, steps = [], []
    found = gradient_flow.learn(
        given, 8, norm=True, steps=12, progress=lambda done, _: steps.append(done), seen=seen
    )
    assert steps == list(range(37))
    kinds = ["plain, 2 layers", "plain, 8 layers", "residual, 8 layers"]
    assert [one.kind for one in found] == kinds
    assert [kind for kind, _ in seen] == [kind for kind in kinds for _ in range(12)]
    assert [len(one.without_block) for one in found] == [1, 4, 4]
    assert np.mean(found[-1].losses[-3:]) < found[-1].losses[0]
    assert [len(line.x) for line in figures.loss_figure(seen).data] == [12, 12, 12]


def test_what_has_learned_nothing_has_no_blocks_to_lose() -> None:
    learned = gradient_flow.Learning("residual, 4 layers", (0.1,), 0.1, (0.1, 2.0))
    guessing = gradient_flow.Learning("plain, 4 layers", (0.7,), 0.693, (0.7, 0.7))
    drawn = figures.lesion_figure((guessing, learned)).data
    assert [(line.name, list(line.y)) for line in drawn] == [("residual, 4 layers", [0.1, 2.0])]


def test_training_stops_when_asked(given: gradient_flow.Patches) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    seen = []
    with pytest.raises(Cancelled):
        gradient_flow.learn(given, 4, norm=False, progress=stop, seen=seen)
    assert len(seen) == 2


def test_what_is_exactly_zero_still_has_a_place_on_the_chart() -> None:
    flow = gradient_flow.GradientFlow("plain", (0.0, 1.0))
    assert list(figures.gradient_figure([flow]).data[0].y) == [1e-12, 1.0]
