"""A deeper ResNet that begins as a shallower one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.errors import ModelError
from core.training.net2net import decoder_without_deepest, net2deeper
from models.architectures.unet import build_unet

FIVE, FOUR = (8, 8, 8, 8, 8), (8, 8, 8, 8)


def unet(encoder: str, decoder_channels: tuple[int, ...]) -> nn.Module:
    torch.manual_seed(0)
    network = build_unet(encoder, 2, decoder_channels=decoder_channels).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
    return network


def test_the_deeper_encoder_computes_what_the_shallower_one_does() -> None:
    shallow, deep = unet("resnet18", FIVE), unet("resnet34", FIVE)
    net2deeper(deep.encoder, shallow.encoder)
    image = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        for wanted, found in zip(shallow.encoder(image), deep.encoder(image), strict=True):
            assert torch.equal(wanted, found)


def test_the_new_blocks_can_learn() -> None:
    shallow, deep = unet("resnet18", FIVE), unet("resnet34", FIVE)
    net2deeper(deep.encoder, shallow.encoder)
    deep.encoder(torch.randn(1, 1, 64, 64))[-1].square().sum().backward()
    assert deep.encoder.layer1[2].bn2.weight.grad.abs().max() > 0


def test_a_deeper_encoder_does_not_fit_into_a_shallower_one() -> None:
    with pytest.raises(ModelError, match="2 blocks cannot hold 3"):
        net2deeper(unet("resnet18", FIVE).encoder, unet("resnet34", FIVE).encoder)


def test_four_stages_leave_out_the_deepest_parameters() -> None:
    # ResNet-34 has 21,284,672 encoder parameters with three channels, 13,114,368 in its last stage.
    encoder = unet("resnet34", FOUR).encoder
    count = sum(parameter.numel() for parameter in encoder.parameters())
    assert count == 21_284_672 - 13_114_368 - 2 * 64 * 49
    assert unet("resnet34", FOUR)(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)


def test_a_shorter_decoder_takes_all_but_the_two_deepest_blocks() -> None:
    donor, mine = unet("resnet18", FIVE).decoder, unet("resnet34", FOUR).decoder
    kept = decoder_without_deepest(donor.state_dict())
    missing, unexpected = mine.load_state_dict(kept, strict=False)
    assert not unexpected and {name.split(".")[1] for name in missing} == {"0"}
    assert torch.equal(mine.blocks[3].conv1[0].weight, donor.blocks[4].conv1[0].weight)
