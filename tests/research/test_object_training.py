"""A training of objects: its teacher, its batch normalization, its precision and its folds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models import zoo
from models.architectures.unet import build_unet
from research.objects.crops import SIDE, Source
from research.objects.folds import FOLDS, fold_of
from research.objects.training import Training, depthwise_in_float32

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


def test_depthwise_convolutions_alone_stay_in_float32() -> None:
    depthwise, dense = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 3, padding=1)
    network = nn.Sequential(depthwise, dense)
    x = torch.rand(1, 8, 16, 16, generator=torch.Generator().manual_seed(2))
    exact = depthwise(x)
    depthwise_in_float32(network)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(depthwise(x), exact)
        answer = network(x)
    assert answer.dtype == torch.bfloat16
    answer.float().sum().backward()
    assert depthwise.weight.grad is not None and depthwise.weight.grad.abs().sum() > 0
    assert list(network.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_folds_are_of_like_size_and_share_no_article() -> None:
    groups = [f"article {number % 37}" for number in range(300)]
    fold = fold_of(groups)
    assert np.bincount(fold, minlength=FOLDS).min() >= 56
    for article in set(groups):
        assert len({of for group, of in zip(groups, fold, strict=True) if group == article}) == 1


def test_without_micrographs_all_crops_are_drawn() -> None:
    random = np.random.default_rng(4)
    ids = np.zeros((SIDE, SIDE), np.uint16)
    ids[40:80, 50:90] = 1
    drawn = [(random.random((SIDE, SIDE)).astype(np.float32), ids)]
    images, targets, real = Source([], np.ones(0), drawn, 12, 5).batch(0)
    assert images.shape == (12, 1, SIDE, SIDE) and targets.shape == (12, 3, SIDE, SIDE)
    assert not real.any()
    crowds = targets[:, 0].sum((1, 2)) == 40 * 40
    assert 0 < crowds.sum() < 12
