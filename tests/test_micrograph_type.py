"""The shipped classifier of kinds, on images that the project makes itself."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from torch import nn

from core.classification.classify import classify
from core.synthesis import drawings
from core.synthesis.grain_samples import GRAIN_SAMPLES
from core.synthesis.samples import samples
from core.types import Micrograph
from models import classifiers, zoo
from models.classifiers.micrograph_type import particles_resnet18_encoder

CARD = classifiers.card("micrograph-type")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Return the shipped network."""
    return classifiers.load(CARD.name)


def image(grey: np.ndarray) -> Micrograph:
    """Return grey levels (H, W) uint8 as a micrograph."""
    return Micrograph(grey.astype(np.float32) / 255, "x.png", hashlib.sha256(grey).hexdigest())


def test_card_names_a_model_for_every_kind_but_none() -> None:
    assert len(CARD.suggests) == len(CARD.phases) - 1
    assert set(CARD.suggests) <= set(zoo.CARDS)
    assert CARD.weights is not None and CARD.weights.path.stat().st_size < 30e6
    assert CARD.scores


@pytest.mark.parametrize(
    "grey",
    [
        np.full((300, 400), 128, np.uint8),
        np.zeros((64, 64), np.uint8),
        np.random.default_rng(7).integers(0, 256, (300, 400), dtype=np.uint8),
        drawings.chart(np.random.default_rng(77), 400),
        drawings.text_page(np.random.default_rng(77), 400),
    ],
    ids=["constant", "black", "noise", "chart", "page"],
)
def test_what_is_no_micrograph_is_none_of_the_kinds(network: nn.Module, grey: np.ndarray) -> None:
    found = classify(image(grey), network, CARD)
    assert (found.kind.name, found.suggestion) == ("none of them", None)


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_the_apps_particles_are_particles(network: nn.Module, sample) -> None:
    assert classify(sample.build().micrograph, network, CARD).suggestion == "particles"


@pytest.mark.parametrize("sample", GRAIN_SAMPLES, ids=lambda sample: sample.name)
def test_the_apps_grains_are_grains(network: nn.Module, sample) -> None:
    assert classify(sample.build()[0], network, CARD).suggestion == "grains"


def test_training_starts_from_the_encoder_of_particles() -> None:
    network = CARD.build()
    particles_resnet18_encoder(network)
    encoder = zoo.load("particles-resnet18", "cpu").network.encoder.state_dict()
    assert torch.equal(
        network.state_dict()["layer4.1.conv2.weight"], encoder["layer4.1.conv2.weight"]
    )
    assert torch.equal(network.state_dict()["conv1.weight"], encoder["conv1.weight"])
