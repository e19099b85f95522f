"""The decoder of one network on the encoder of another."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from core.training.augmentation import Augmentation, Pair
from core.types.model_card import Weights
from models import zoo
from models.architectures.unet import build_unet
from models.weights_file import save_weights, unpacked
from research.objects.decoder import with_decoder_of

BUILD = partial(build_unet, "resnet18", 4, decoder_channels=(16, 16, 8, 8, 8))


def test_a_network_with_the_decoder_of_one_with_its_own_encoder_answers_as_that(
    tmp_path: Path,
) -> None:
    torch.manual_seed(3)
    teacher = BUILD().eval().requires_grad_(False)
    path = tmp_path / "some.safetensors"
    digest = save_weights(teacher.state_dict(), path)
    teacher.load_state_dict(unpacked(path.read_bytes()))
    card = replace(zoo.card("particles"), build=BUILD, weights=Weights(path, digest))
    grey = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    pair = Pair("noise", grey, np.zeros_like(grey))
    found = with_decoder_of(teacher, card, [pair], Augmentation(), batches=2)
    image = torch.from_numpy(grey[:64, :64] / np.float32(255))[None, None]
    assert torch.allclose(found(image), teacher(image), atol=0.02)
