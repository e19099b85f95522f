"""A window of a feature map answers as the whole map does, and stays a window where it can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.inspection.receptive_field.effective_field import effective_field
from core.inspection.receptive_field.needed import OnlyNeeded
from core.inspection.receptive_field.receptive_field import Box
from core.inspection.receptive_field.trace import trace_network
from core.inspection.receptive_field.window import Window, cut
from core.inspection.subject import Subject
from models import zoo
from models.architectures.small import SmallUnet
from models.weights_file import trained

BOX = Box(2, 1, 5, 4)


class Decoder(nn.Module):
    """Activations in place whose input is used again, sums, gates, and upsampling by other than
    whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Conv2d(c, 3, 3, padding=1) for c in (1, 3, 6))
        self.norm, self.act = nn.BatchNorm2d(3), nn.LeakyReLU(inplace=True)
        self.last = nn.Conv2d(3, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.first(x))
        same = self.act(x)
        x = functional.interpolate(x + same, scale_factor=2, mode="nearest")
        y = self.second(x)
        y += x
        y = self.third(torch.cat([y, x * torch.sigmoid(y)], 1))
        y = functional.interpolate(y, scale_factor=1.5, mode="bilinear")
        return self.last(y.mul_(0.5))


def numbered() -> tuple[Tensor, Window]:
    """Return a map of 1 x 2 x 8 x 6 and a window of it."""
    whole = torch.arange(96.0).reshape(1, 2, 8, 6) - 40
    return whole, Window.of(whole[(..., *BOX.slices)].clone(), BOX, (8, 6))


@pytest.mark.parametrize(
    "job",
    [
        functional.relu,
        lambda one: one + one,
        lambda one: torch.cat([one, one], 1),
        lambda one: functional.interpolate(one, scale_factor=2, mode="nearest"),
        lambda one: functional.interpolate(one, size=(24, 12), mode="nearest"),
    ],
)
def test_a_window_stays_one(job: Callable[[Tensor], Tensor]) -> None:
    whole, window = numbered()
    found, expected = job(window), job(whole)
    assert isinstance(found, Window)
    assert found.shape == expected.shape
    assert torch.equal(found.as_subclass(Tensor), expected[(..., *found.box.slices)])


def test_windows_are_joined_where_both_are_known() -> None:
    whole, window = numbered()
    other = Window.of(whole[:, :, 3:7, 0:3].clone(), Box(3, 0, 7, 3), (8, 6))
    assert (window + other).box == Box(3, 1, 5, 3)
    assert torch.equal(torch.cat([window, whole], 1).as_subclass(Tensor)[:, 2:], cut(whole, BOX))


def test_anything_else_is_done_to_the_whole_map() -> None:
    whole, window = numbered()
    assert (window.dim(), window.size(-1), len(window)) == (4, 6, 1)
    assert window.sum() == whole[(..., *BOX.slices)].sum()
    # From then on it is that map: what is written there is seen later.
    window.add_(1)
    assert functional.relu(window)[0, 1, 7, 5] == 1


@pytest.mark.parametrize("unit", [(0, 0), (23, 40), (47, 62)])
def test_a_decoder_alone_is_that_of_the_whole_network(unit: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = Decoder().double().eval().requires_grad_(False)
    image = torch.rand(1, 1, 16, 21, dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(network(image)[0, 1, unit[0], unit[1]], image)
    with OnlyNeeded(network, trace_network(network, tuple(image.shape)), None, *unit):
        alone = network(image)
    (found,) = torch.autograd.grad(alone[0, 1, unit[0], unit[1]], image)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


def test_no_map_of_a_decoder_is_made_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (
        (nn.Conv2d(width, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(inplace=True))
        for width in (1, 2)
    )
    network = nn.Sequential(*first, nn.Upsample(scale_factor=2), *second, nn.Conv2d(2, 2, 1)).eval()
    image, made, whole = torch.rand(1, 1, 32, 32), [], Window.whole
    expected = network(image)[0, :, 20, 30].tolist()
    monkeypatch.setattr(Window, "whole", lambda one: made.append(one.sizes) or whole(one))
    with OnlyNeeded(network, trace_network(network, (1, 1, 32, 32)), None, 20, 30):
        answer = network(image)
    assert made == []
    assert answer[0, :, 20, 30].tolist() == pytest.approx(expected)


def test_after_a_failure_the_network_is_whole_again() -> None:
    network, image = SmallUnet().eval(), torch.rand(1, 1, 32, 32)
    before = network(image)
    alone = OnlyNeeded(network, trace_network(network, (1, 1, 32, 32)), None, 9, 9)
    with pytest.raises(KeyError), alone:
        network(image)
        raise KeyError
    assert torch.equal(network(image), before)


def test_a_network_of_the_zoo_has_its_plain_gradient() -> None:
    # In double precision, where folding normalizations turns no activation off or on.
    network = trained(zoo.card("particles")).double()
    image = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(0)).double()
    field = effective_field(Subject(network, image), [(30, 70)])
    image.requires_grad_()
    answer = network(image)[0, :, 30, 70]
    (slope,) = torch.autograd.grad(answer[answer.argmax()], image)
    heat = slope[0, 0].abs().numpy()
    np.testing.assert_allclose(field.heat, heat / heat.sum(), rtol=1e-4, atol=1e-12)
