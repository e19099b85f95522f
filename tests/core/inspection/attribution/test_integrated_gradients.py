"""Integrated gradients: exact where the network is linear, complete where it is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import Cancelled, LamellaError
from core.inspection.attribution.integrated_gradients import (
    Baseline,
    IntegratedGradients,
    baseline_image,
    integrated_gradients,
)
from core.inspection.receptive_field.receptive_field import Box
from core.inspection.region import pixel_region
from core.inspection.subject import Subject
from models.architectures.lenet import build_lenet
from models.architectures.small import SmallUnet


def linear(side: int = 48) -> Subject:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 5, padding=2), nn.Conv2d(3, 2, 3, padding=1))
    return Subject(network, torch.rand(1, 1, side, side))


def small_unet(side: int = 32) -> Subject:
    torch.manual_seed(1)
    network = SmallUnet(classes=2, widths=(4, 6))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return Subject(network, torch.randn(1, 1, side, side))


@pytest.mark.parametrize("baseline", Baseline)
def test_a_linear_network_needs_no_halving(baseline: Baseline) -> None:
    """The gradient is the same everywhere: input minus baseline, times the weights."""
    subject, region = linear(), pixel_region(linear(), 20, 21)
    found = integrated_gradients(subject, 1, region, baseline)
    assert found.steps == 5
    image = subject.image.clone().requires_grad_()
    slope = torch.autograd.grad(subject.network(image)[0, 1, 20, 21], image)[0]
    exact = (subject.image - baseline_image(subject, baseline)) * slope
    np.testing.assert_allclose(found.attribution, exact[0, 0].numpy(), atol=1e-6)
    assert found.completeness_error < 1e-5
    # 5 x 5 and then 3 x 3 see 3 px to each side, and the crop 8 or more.
    assert found.left_out == 0
    assert found.whole_logit == pytest.approx(found.logit, abs=1e-6)
    assert found.crop == Box(12, 13, 29, 30)


def test_a_small_network_is_complete_within_two_per_cent() -> None:
    subject = small_unet()
    region = pixel_region(subject, 16, 16)
    found = integrated_gradients(subject, 0, region, Baseline.MEAN, within=0.02)
    assert found.total == pytest.approx(float(found.attribution.sum()), abs=1e-4)
    assert found.completeness_error < 0.02
    assert 5 < found.steps <= 64
    assert 0 <= found.left_out <= 0.05
    assert not found.attribution[:2].any() or found.crop.top < 2


def test_a_baseline_that_is_the_picture_itself_explains_nothing() -> None:
    subject = Subject(linear().network, torch.full((1, 1, 32, 32), 0.5))
    found = integrated_gradients(subject, 0, pixel_region(subject, 9, 9))
    assert found.total == pytest.approx(0, abs=1e-6)


def test_a_network_that_labels_the_whole_field_takes_no_region() -> None:
    torch.manual_seed(0)
    subject = Subject(build_lenet(), torch.rand(1, 1, 32, 32))
    found = integrated_gradients(subject, 3)
    assert found.crop == Box(0, 0, 32, 32)
    assert found.logit == pytest.approx(float(subject.logits[3]), abs=1e-5)
    assert found.completeness_error < 0.05


def test_the_network_is_as_before_also_when_stopped() -> None:
    subject = small_unet()
    subject.network.train()
    before = {name: one.clone() for name, one in subject.network.state_dict().items()}
    calls: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        calls.append((done, total))
        raise Cancelled

    with pytest.raises(Cancelled):
        integrated_gradients(subject, 0, pixel_region(subject, 9, 9), on_progress=stop)
    assert calls == [(4, 256)]
    assert subject.network.training
    for module in subject.network.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    for parameter in subject.network.parameters():
        assert parameter.requires_grad
        assert parameter.grad is None
    for name, one in subject.network.state_dict().items():
        assert torch.equal(one, before[name])


def test_what_cannot_be_explained_is_told() -> None:
    subject = linear()
    with pytest.raises(LamellaError, match="There is no class 2"):
        integrated_gradients(subject, 2, pixel_region(subject, 0, 0))
    with pytest.raises(LamellaError, match="empty"):
        integrated_gradients(subject, 0, np.zeros(subject.shape, bool))
    with pytest.raises(LamellaError, match="above 0"):
        integrated_gradients(subject, 0, within=0)


def test_no_difference_has_no_relative_error() -> None:
    one = IntegratedGradients(np.zeros((1, 1)), Box(0, 0, 1, 1), 2.0, 2.0, 2.0, 0.0, 0.0, 0, 1)
    assert np.isnan(one.completeness_error)


def test_gradients_are_taken_where_the_logit_bends() -> None:
    """max(0, 8 x - 6.2) of a pixel x on its way from 0 to 1 bends at 0.775. A trapezoid off the
    bend is exact; the one across it is off by at most a quarter of its width times the slope of 8,
    so after 7 halvings of 0.25 by less than 1 % of the rise of 1.8."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    with torch.no_grad():
        network[0].weight.fill_(8)
        network[0].bias.fill_(-6.2)
    image = torch.zeros(1, 1, 32, 32)
    image[0, 0, 16, 16] = 1
    subject = Subject(network, image)
    found = integrated_gradients(
        subject, 0, pixel_region(subject, 16, 16), Baseline.MEAN, within=0.01
    )
    assert found.difference == pytest.approx(1.8, abs=1e-5)
    assert found.completeness_error < 0.01
    assert found.steps <= 5 + 7
