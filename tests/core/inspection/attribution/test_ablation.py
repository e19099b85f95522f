"""Skips switched off: what must change, what must not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.errors import LamellaError
from core.inspection.attribution.ablation import ablate_skips, skips
from core.inspection.subject import Subject
from models.architectures.lenet import build_lenet
from models.architectures.small import SmallUnet, build_stack


class SkipOnly(nn.Module):
    """A U-Net whose skip carries all: phase 1 where the image is above 0.5, 0 without the skip."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.AvgPool2d(4)
        self.decoder = Decoder()

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.down(x), skip_connection=x)


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(2, 2, 1)
        with torch.no_grad():
            self.head.weight[:] = torch.tensor([[0.0, 0.0], [0.0, 1.0]])[:, :, None, None]
            self.head.bias[:] = torch.tensor([0.5, 0.0])

    def forward(self, x: Tensor, *, skip_connection: Tensor) -> Tensor:
        x = nn.functional.interpolate(x, size=skip_connection.shape[-2:])
        return self.head(torch.cat([x, skip_connection], 1))


def square_subject() -> Subject:
    image = torch.zeros(1, 1, 32, 32)
    image[0, 0, 8:24, 8:24] = 1
    return Subject(SkipOnly(), image)


def test_without_its_only_skip_the_square_is_gone() -> None:
    found = ablate_skips(square_subject(), ["decoder"])
    assert found.labels.sum() == 16 * 16
    assert not found.labels_without.any()
    assert (found.iou, found.boundary_f1) == (1, 1)
    # Phase 0: 768 of 1,024 px; phase 1: none. Outlines are all lost.
    assert found.iou_without == pytest.approx((768 / 1024 + 0) / 2)
    assert found.boundary_f1_without == 0
    assert not found.has_reference


def test_against_a_reference() -> None:
    reference = np.zeros((32, 32), np.uint8)
    reference[8:24, 8:16] = 1
    found = ablate_skips(square_subject(), ["decoder"], reference)
    assert found.has_reference
    # Phase 0: 768 of 896 px; phase 1: 128 of 256.
    assert found.iou == pytest.approx((768 / 896 + 128 / 256) / 2)
    assert found.iou_without == pytest.approx((896 / 1024 + 0) / 2)


def test_switching_nothing_off_changes_nothing() -> None:
    torch.manual_seed(0)
    subject = Subject(SmallUnet(widths=(3, 4, 5)), torch.rand(1, 1, 16, 16))
    found = ablate_skips(subject, [])
    np.testing.assert_array_equal(found.labels, found.labels_without)
    np.testing.assert_array_equal(found.labels, subject.logits.argmax(0))


def test_a_silenced_skip_is_a_skip_of_zeros() -> None:
    torch.manual_seed(4)
    network = SmallUnet(widths=(3, 4, 5)).eval()
    subject = Subject(network, torch.rand(1, 1, 16, 16))
    found = ablate_skips(subject, ["up.0", "up.1"])
    with torch.no_grad():
        x = network.down[0](subject.image)
        middle = network.down[1](network.pool(x))
        deep = network.down[2](network.pool(middle))
        deep = network.up[0](deep, skip_connection=torch.zeros_like(middle))
        by_hand = network.head(network.up[1](deep, skip_connection=torch.zeros_like(x)))
    np.testing.assert_array_equal(found.labels_without, by_hand[0].argmax(0).numpy())


def test_skips_of_an_smp_unet_deepest_first() -> None:
    smp = pytest.importorskip("segmentation_models_pytorch")
    torch.manual_seed(0)
    network = smp.Unet(
        "resnet18", encoder_weights=None, in_channels=1, encoder_depth=3, decoder_channels=(8, 8, 8)
    )
    subject = Subject(network, torch.rand(1, 1, 32, 32))
    found = skips(subject)
    assert [skip.layer for skip in found] == ["decoder.blocks.0", "decoder.blocks.1"]
    without = ablate_skips(subject, [found[0].layer])
    assert without.labels_without.shape == (32, 32)
    assert without.iou == 1


def test_networks_without_skips_or_without_outlines() -> None:
    chain = Subject(build_stack(2), torch.rand(1, 1, 16, 16))
    assert skips(chain) == ()
    with pytest.raises(LamellaError, match='no skip into "up.0"; it has none'):
        ablate_skips(chain, ["up.0"])
    with pytest.raises(LamellaError, match="labels the whole field"):
        ablate_skips(Subject(build_lenet(), torch.rand(1, 1, 32, 32)), [])
    unet = Subject(SmallUnet(widths=(2, 3)), torch.rand(1, 1, 16, 16))
    with pytest.raises(LamellaError, match=r'no skip into "head"; its skips enter up.0'):
        ablate_skips(unet, ["head"])
