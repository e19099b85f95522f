"""A unit computed alone has the value and the gradient that it has in the whole network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.inspection.receptive_field import needed
from core.inspection.receptive_field.needed import OnlyNeeded
from core.inspection.receptive_field.receptive_field import Box, needed_of_values
from core.inspection.receptive_field.trace import trace_network
from core.inspection.view import Recorder
from models.architectures.small import SmallUnet


class Mixed(nn.Module):
    """Stride, dilation, groups, padding of three kinds, a transposed convolution, a weight that is
    used twice, and a branch that reaches no output."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, (5, 3), padding=(2, 1), stride=2, padding_mode="reflect")
        self.wide = nn.Conv2d(4, 4, 3, padding=3, dilation=3, groups=4)
        self.twice = nn.Conv2d(4, 4, 3, padding="same")
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.around = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")
        self.idle = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        coarse = self.twice(functional.silu(self.twice(self.wide(self.first(x)))))
        fine = self.around(self.up(coarse))
        self.idle(fine)
        return self.last(fine) + x


def gradient_of(
    network: nn.Module, image: Tensor, layer: str | None, unit: tuple[int, int], alone: bool
) -> tuple[Tensor, Tensor]:
    """Return the values of a unit, (C,), and the gradient of their sum."""
    trace = trace_network(network, tuple(image.shape))
    image = image.clone().requires_grad_()
    with Recorder(network, [layer] if layer else []) as recorder:
        if alone:
            with OnlyNeeded(network, trace, layer, *unit):
                output = network(image)
        else:
            output = network(image)
    values = (recorder.outputs[layer] if layer else output)[0, :, unit[0], unit[1]]
    (slope,) = torch.autograd.grad(values.sum(), image)
    return values.detach(), slope


@pytest.mark.parametrize(
    ("build", "layer", "unit"),
    [
        *((Mixed, None, unit) for unit in [(0, 0), (31, 47), (17, 30)]),
        (Mixed, "twice:2", (8, 12)),
        (Mixed, "first", (0, 23)),
        *((lambda: SmallUnet(widths=(3, 4, 5)), None, unit) for unit in [(0, 47), (16, 20)]),
    ],
)
def test_a_unit_alone_is_that_of_the_whole_network(
    build: Callable[[], nn.Module], layer: str | None, unit: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    network = build().double().eval().requires_grad_(False)
    image = torch.rand(1, 1, 32, 48, dtype=torch.float64)
    value, slope = gradient_of(network, image, layer, unit, alone=False)
    alone, slope_alone = gradient_of(network, image, layer, unit, alone=True)
    torch.testing.assert_close(alone, value, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(slope_alone, slope, rtol=1e-12, atol=1e-14)
    assert slope.count_nonzero() > 1


def test_a_convolution_is_computed_in_its_box_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three 3 x 3 convolutions: the last needs 1 unit, the one before 3 x 3, the first 5 x 5.
    network = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(3)))
    network.requires_grad_(False)
    trace = trace_network(network, (1, 1, 16, 16))
    boxes = needed_of_values(trace, None, 8, 0)
    assert [boxes[call.value] for call in trace.calls if call.module in "012" and call.module] == [
        Box(6, 0, 11, 3),
        Box(7, 0, 10, 2),
        Box(8, 0, 9, 1),
    ]
    shapes = []
    in_box = needed._in_box

    def noted(box: Box | None, *given: object) -> Tensor:
        found = in_box(box, *given)
        shapes.append(int(found.count_nonzero()))
        return found

    monkeypatch.setattr(needed, "_in_box", noted)
    with OnlyNeeded(network, trace, None, 8, 0):
        network(torch.rand(1, 1, 16, 16))
    assert shapes == [15, 6, 1]
