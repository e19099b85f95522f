"""A training of objects: its teacher and its batch normalization."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from models import zoo
from models.architectures.unet import build_unet
from research.objects.training import Training

BUILD = partial(build_unet, "resnet18", 4, decoder_channels=(16, 16, 8, 8, 8))


def _network() -> torch.nn.Module:
    torch.manual_seed(3)
    return BUILD().eval().requires_grad_(False)


def test_a_teacher_is_heard_on_the_images_that_it_is_asked_about_alone(tmp_path: Path) -> None:
    card = replace(zoo.card("particles"), build=BUILD)
    run = Training(card, _network(), tmp_path / "none.pt", teacher=_network(), steady=True)
    statistics = {
        name: value.clone() for name, value in run.network.named_buffers() if "running" in name
    }
    images = torch.rand(2, 1, 64, 64)
    targets = torch.zeros(2, 3, 64, 64)
    first, *_, beside = run.learn(images, targets, 0.0, torch.tensor([True, False]))
    alone = run.learn(images[:1], targets[:1], 0.0, torch.tensor([True]))[-1]
    assert first > 0 and abs(beside - alone) < 1e-4
    for name, value in run.network.named_buffers():
        assert name not in statistics or torch.equal(value, statistics[name])
