"""The shipped classifier of classes, on images that the project makes itself."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import cli
from core.classification.card import Classification
from core.classification.classify import classify
from core.classification.doubt import sure_suggestion
from core.synthesis import drawings
from core.synthesis.grains.samples import GRAIN_SAMPLES
from core.synthesis.samples import samples
from core.synthesis.supported.sample import supported_metal
from core.types.micrograph import Micrograph
from models import classifiers, zoo
from models.classifiers.micrograph_type import particles_resnet18_encoder
from models.weights_file import save_weights

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


def test_the_terminal_asks_the_same_network(network: nn.Module) -> None:
    shown = image(drawings.chart(np.random.default_rng(77), 400))
    engine = classifiers.micrograph_classifier()
    found = classify(shown, engine, CARD).probabilities
    np.testing.assert_allclose(found, classify(shown, network, CARD).probabilities, atol=1e-4)


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
    assert (found.image_class.name, found.suggestion) == ("other", None)


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_the_apps_particles_are_particles(network: nn.Module, sample) -> None:
    assert classify(sample.build().micrograph, network, CARD).suggestion == "particles"


@pytest.mark.parametrize("sample", GRAIN_SAMPLES, ids=lambda sample: sample.name)
def test_the_apps_grains_are_grains(network: nn.Module, sample) -> None:
    assert classify(sample.build()[0], network, CARD).suggestion == "grains"


def test_the_apps_metal_on_an_oxide_is_supported_particles(network: nn.Module) -> None:
    found = classify(supported_metal().micrograph, network, CARD)
    assert found.suggestion == "supported-particles"


def test_a_part_of_other_is_named_sooner_than_a_class() -> None:
    def answer(**shares: float) -> Classification:
        names = [phase.name.replace(" ", "_") for phase in CARD.phases]
        return Classification(np.array([shares.get(name, 0.0) for name in names]), CARD)

    assert sure_suggestion(answer(supported_particles=0.55, other=0.45)) == "supported-particles"
    assert sure_suggestion(answer(supported_particles=0.45, other=0.55)) is None
    assert sure_suggestion(answer(particles=0.65, other=0.35)) is None
    assert sure_suggestion(answer(particles=0.75, other=0.25)) == "particles"


def test_training_starts_from_the_encoder_of_particles() -> None:
    network = CARD.build()
    particles_resnet18_encoder(network)
    encoder = zoo.load("particles-resnet18", "cpu").network.encoder.state_dict()
    assert torch.equal(
        network.state_dict()["layer4.1.conv2.weight"], encoder["layer4.1.conv2.weight"]
    )
    assert torch.equal(network.state_dict()["conv1.weight"], encoder["conv1.weight"])


def test_a_runs_own_weights_are_scored_in_place_of_the_shipped_ones(tmp_path, capsys) -> None:
    (tmp_path / "other").mkdir()
    Image.fromarray(drawings.chart(np.random.default_rng(77), 200)).save(tmp_path / "other/a.png")
    command = ["evaluate", CARD.name, "--images", str(tmp_path), "--json"]
    network = classifiers.load(CARD.name)
    with torch.no_grad():
        network.fc.bias.copy_(torch.tensor([0.0, 0, 0, 0, 1e4, 0, 0]))
    save_weights(network.state_dict(), tmp_path / "other.safetensors")
    assert cli.main(command) == 0
    shipped = json.loads(capsys.readouterr().out)
    assert cli.main([*command, "--weights", str(tmp_path / "other.safetensors")]) == 0
    other = json.loads(capsys.readouterr().out)
    answers = [one["by_image"][0]["prediction"] for one in (shipped, other)]
    assert answers == ["other", "grains"]
    assert cli.main([*command, "--weights", str(tmp_path / "none.safetensors")]) != 0
    assert "There is no file" in capsys.readouterr().err
