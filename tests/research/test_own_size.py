"""A network that learns its own answers at a larger size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.training.augmentation import Augmentation, Pair
from core.training.dataset import Split
from core.training.initialization import from_scratch
from core.training.recipe import Recipe
from models.architectures.unet import build_full_resolution_unet, build_lite0_unet
from research.own_size import Taught, loss, widened


def test_widened_weights_answer_as_those_they_come_from() -> None:
    torch.manual_seed(0)
    plain, wide = build_lite0_unet(3).eval(), build_full_resolution_unet(3).eval()
    wide.load_state_dict(widened(plain.state_dict(), wide))
    image = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        assert torch.allclose(wide(image), plain(image), atol=1e-5)
    own = wide.state_dict()
    assert widened(own, wide) is own


def test_label_and_answer_of_a_crop_lie_where_the_image_has_them() -> None:
    labels = np.zeros((48, 48), np.uint8)
    labels[:, 24:] = 1
    answers = np.stack([1 - labels, labels], -1).astype(np.float32)
    pair = Pair("edge", 255 * labels, labels)
    plain = Augmentation(
        scale=(0.7, 1.6), invert=0, gamma=(1, 1), contrast=(1, 1), brightness=(0, 0),
        blur=0, noise=0, shading=0,
    )  # fmt: skip
    recipe = Recipe(steps=1, initialize=from_scratch, batch=6, crop_px=32, augmentation=plain)
    taught = Taught(Split((pair,), ()), (answers,))
    for image, targets in taught.crops(recipe, np.random.default_rng(3)):
        assert image.shape == (32, 32) and targets.shape == (3, 32, 32)
        clear = np.abs(image - 0.5) > 0.3
        assert clear.mean() > 0.8
        assert (targets[0] == (image > 0.5))[clear].all()
        assert np.abs(targets[2] - image).max() < 0.1
        assert np.allclose(targets[1] + targets[2], 1, atol=1e-5)


def test_loss_of_a_network_that_knows_nothing() -> None:
    labels = torch.tensor([[[0.0, 1.0]]])
    targets = torch.cat([labels[None], torch.full((1, 2, 1, 2), 0.5)], 1)
    # Two cross-entropies of log 2, and Dice 1 - 2 * 0.5 / 2.
    expected = 2 * np.log(2) + 0.5
    assert loss(torch.zeros(1, 2, 1, 2), targets).item() == pytest.approx(expected)
