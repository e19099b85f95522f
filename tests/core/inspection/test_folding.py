"""Folding normalizations changes the time that a network takes, and nothing that it answers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from core.inspection.folding import folded
from core.inspection.subject import Prepared
from models.architectures.small import SmallUnet


def normalized(channels: int) -> nn.BatchNorm2d:
    """Return a normalization that does something."""
    module = nn.BatchNorm2d(channels)
    for values in (module.weight, module.running_var):
        nn.init.uniform_(values, 0.5, 2)
    for values in (module.bias, module.running_mean):
        nn.init.uniform_(values, -1, 1)
    return module


class Both(nn.Module):
    """Uses a convolution's output before and after its normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.normalization = nn.Conv2d(1, 2, 3, padding=1), normalized(2)

    def forward(self, image: Tensor) -> Tensor:
        made = self.convolution(image)
        return made + self.normalization(made)


class Activated(nn.BatchNorm2d):
    """A normalization that holds its activation, as timm's do."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, values: Tensor) -> Tensor:
        return self.act(super().forward(values))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_a_normalization_by_hand() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0)).eval()
    with torch.no_grad():
        network[0].weight.fill_(3), network[0].bias.fill_(1)
        network[1].running_mean.fill_(2), network[1].running_var.fill_(4)
        network[1].weight.fill_(6), network[1].bias.fill_(5)
    # 6 * (3 x + 1 - 2) / 2 + 5 = 9 x + 2
    found = folded(network, torch.ones(1, 1, 2, 2))
    assert found[0].weight.item() == pytest.approx(9)
    assert found[0].bias.item() == pytest.approx(2)
    assert len(found[1]) == 0


def test_answers_stay_and_normalizations_go() -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), normalized(3), nn.ReLU(), nn.Conv2d(3, 2, 1), Activated(2)
    ).eval()
    image = torch.rand(1, 1, 8, 8)
    found = folded(copy.deepcopy(network), image)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in found.modules())
    assert found(image).numpy() == pytest.approx(network(image).detach().numpy(), abs=1e-5)
    assert (found(image) >= 0).all()


def test_what_cannot_be_folded_is_put_back() -> None:
    network = Both().eval()
    image = torch.rand(1, 1, 8, 8)
    before = network(image).detach().clone()
    found = folded(network, image)
    assert found.normalization is network.normalization
    assert torch.equal(found(image), before)


def test_a_module_that_is_called_twice_is_left() -> None:
    shared = normalized(1)
    network = nn.Sequential(nn.Conv2d(1, 1, 1), shared, nn.Conv2d(1, 1, 1), shared).eval()
    assert folded(network, torch.rand(1, 1, 4, 4))[1] is shared


def test_the_shared_network_is_never_changed() -> None:
    network = SmallUnet().eval()
    before = {name: id(module) for name, module in network.named_modules()}
    image = torch.rand(1, 1, 32, 32)
    answer = network(image).detach().clone()
    prepared = Prepared(network, (1, 1, 32, 32))
    assert torch.allclose(prepared.folded(image), answer, atol=1e-5)
    assert {name: id(module) for name, module in network.named_modules()} == before
    assert torch.equal(network(image), answer)
    # The copy's channels come last, not those of the weights that it was made from.
    weights = [one for one in network.parameters() if one.dim() == 4]
    assert all(one.is_contiguous() for one in weights)
