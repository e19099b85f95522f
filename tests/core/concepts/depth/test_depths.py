"""Networks of 20 to 1,202 layers: counted, built, and the task that two depths were trained on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.concepts import counting
from core.concepts.depth import cifar_family
from core.concepts.depth.cifar_family import build, member
from core.errors import Cancelled, LamellaError
from models.lecture.depths import MEASURED, depth_runs


@pytest.mark.parametrize(
    ("layers", "millions"),
    [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)],
)
def test_parameters_are_those_of_the_paper(layers: int, millions: float) -> None:
    """He et al. 2016, table 6."""
    places = 2 if layers < 100 else 1
    assert round(member(layers).parameters / 1e6, places) == millions


def test_the_best_has_110_layers() -> None:
    """He et al. 2016, table 6."""
    errors = {one.layers: one.published_error for one in cifar_family.family()}
    assert (errors[110], errors[1202]) == (0.0643, 0.0793)
    assert min(errors, key=errors.__getitem__) == 110


def test_products_of_20_layers() -> None:
    """By hand: 27 x 16 x 32^2 in the first, then 9 x 16^2 x 32^2 in each but two of half that."""
    each = 9 * 16**2 * 32**2
    assert member(20).macs == 27 * 16 * 32**2 + 16 * each + 2 * each // 2 + 64 * 10


@pytest.mark.parametrize("skip", [False, True])
def test_what_is_built_is_what_was_counted(skip: bool) -> None:
    patch = cifar_family.patch(np.random.default_rng(0).random((40, 50)))
    assert patch.shape == (1, 3, 32, 32)
    assert abs(float(patch.mean())) < 1e-6
    done = []
    made = cifar_family.build_and_use(20, skip, patch, lambda now, _: done.append(now))
    assert (made.layers, made.parameters) == (20, 269_722)
    assert done == [0, 1, 2]


def test_an_image_smaller_than_a_patch_is_enlarged() -> None:
    assert cifar_family.patch(np.eye(16)).shape == (1, 3, 32, 32)


def test_a_branch_of_zeros_leaves_the_image_and_halves_its_side() -> None:
    block = cifar_family.Block(2, 4, skip=True).eval()
    torch.nn.init.zeros_(block.conv2.weight)
    x = torch.rand(1, 2, 6, 6)
    y = block(x)
    assert torch.equal(y[:, :2], x[:, :, ::2, ::2])
    assert not y[:, 2:].any()


@pytest.mark.parametrize("layers", [0, 19, 21, 2 + 6 * 400])
def test_numbers_of_layers_that_cannot_be_built(layers: int) -> None:
    with pytest.raises(LamellaError, match="6n"):
        build(layers, skip=True)
    with pytest.raises(LamellaError, match="was published"):
        member(layers)


def test_building_stops_when_asked() -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        cifar_family.build_and_use(8, True, torch.zeros(1, 3, 32, 32), stop)


def test_particles_to_count() -> None:
    made = counting.particles(12, seed=3)
    assert made.images.shape == (12, 16, 16)
    assert made.counts.tolist() == [1, 2, 3, 4, 5, 6] * 2
    np.testing.assert_allclose(made.images.mean((1, 2)), 0, atol=1e-6)
    assert np.array_equal(made.images, counting.particles(12, seed=3).images)


def test_without_skips_deeper_trains_worse() -> None:
    """The numbers that the lecture says; it is the training error that tells."""
    assert MEASURED.stat().st_size < 200_000
    runs = {(run.skip, run.layers): run for run in depth_runs()}
    assert runs[False, 56].parameters == runs[True, 56].parameters
    ends = {key: (run.steps[-1], round(100 * run.training[-1])) for key, run in runs.items()}
    assert ends == {
        (False, 20): (640, 5),
        (False, 56): (640, 50),
        (True, 20): (640, 4),
        (True, 56): (640, 8),
    }
    for run in runs.values():
        assert len(run.steps) == len(run.training) == len(run.test) == 8
