"""A contract over every card of the zoo, and over weights files."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import ModelError
from core.segmentation.segment import segment
from core.segmentation.settings import TileSettings
from core.synthesis.samples import samples
from core.types.model_card import Score, Weights
from models import zoo
from models.catalogue import all_cards, parameters
from models.weights_file import (
    load_weights,
    save_weights,
    trained,
)
from research.model_cards import card_text

MEGABYTES = 1_000_000
NETWORKS = [name for name, card in zoo.CARDS.items() if card.build]


@pytest.mark.parametrize("name", NETWORKS)
def test_card_builds_a_network_that_takes_its_weights(name):
    card = zoo.card(name)
    assert card.name == name
    assert card.weights is not None and card.weights.path.stat().st_size < 30 * MEGABYTES
    network = trained(card)
    assert not network.training
    assert parameters(card) == sum(one.numel() for one in network.parameters())
    with torch.inference_mode():
        logits = network(torch.zeros(1, 1, 64, 96))
    assert logits.shape == (1, len(card.outputs), 64, 96)
    assert logits.isfinite().all()
    assert len({phase.color for phase in card.phases}) == len(card.phases)
    assert card.scores, "a trained model says how well it does"


@pytest.mark.parametrize("name", NETWORKS)
def test_recipe_repeats_the_card(name):
    recipe = zoo.recipe(name)
    assert recipe.steps > 0 and 0 < recipe.validation_fraction < 1


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(ModelError, match="particles"):
        zoo.card("partikel")


def test_weights_come_back_in_half_precision(tmp_path):
    torch.manual_seed(0)
    network, other = nn.Linear(3, 2), nn.Linear(3, 2)
    sha256 = save_weights(network.state_dict(), tmp_path / "w.safetensors")
    load_weights(other, Weights(tmp_path / "w.safetensors", sha256))
    assert torch.equal(other.weight, network.weight.half().float())


def test_values_too_large_for_half_precision_are_kept(tmp_path):
    network = nn.BatchNorm2d(1)
    network.running_var.fill_(1e6)
    sha256 = save_weights(network.state_dict(), tmp_path / "w.safetensors")
    load_weights(other := nn.BatchNorm2d(1), Weights(tmp_path / "w.safetensors", sha256))
    assert other.running_var.item() == 1e6


def test_damaged_swapped_or_missing_weights_are_refused(tmp_path):
    network, path = nn.Linear(3, 2), tmp_path / "w.safetensors"
    with pytest.raises(ModelError, match="missing"):
        load_weights(network, Weights(path, "0"))
    sha256 = save_weights(network.state_dict(), path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="damaged or was swapped"):
        load_weights(network, Weights(path, sha256))
    path.write_bytes(b"no safetensors")
    broken = hashlib.sha256(b"no safetensors").hexdigest()
    with pytest.raises(ModelError, match="does not fit"):
        load_weights(network, Weights(path, broken))
    sha256 = save_weights(nn.Linear(4, 2).state_dict(), path)
    with pytest.raises(ModelError, match="does not fit"):
        load_weights(network, Weights(path, sha256))


def test_a_model_runs_with_the_weights_of_a_run(tmp_path):
    state = trained(zoo.card("particles")).state_dict()
    state["segmentation_head.0.bias"] = torch.tensor([0.0, 50.0, 0.0, 0.0])
    sha256 = save_weights(state, path := tmp_path / "particles.safetensors")
    engine = zoo.load("particles", "cpu", path)
    assert engine.card.weights == Weights(path, sha256)
    assert engine.probabilities(np.full((1, 64, 64), 0.5, np.float32))[0, 1].min() > 0.9
    with pytest.raises(ModelError, match="no file"):
        zoo.load("particles", "cpu", tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="does not fit.*Unet. Give the weights"):
        zoo.load("superalloy", "cpu", path)


def test_trained_particles_find_dark_and_bright_discs():
    rows, columns = np.mgrid[:256, :256]
    truth = np.zeros((256, 256), bool)
    for row, column in [(60, 60), (70, 180), (180, 70), (190, 190)]:
        truth |= (rows - row) ** 2 + (columns - column) ** 2 < 22**2
    random = np.random.default_rng(0)
    engine = zoo.load("particles", "cpu")
    for level, ground in [(0.25, 0.7), (0.75, 0.25)]:
        grey = np.where(truth, level, ground) + random.normal(0, 0.03, truth.shape)
        found = engine.probabilities(grey[None].astype(np.float32))[0, 1] > 0.5
        assert (found & truth).sum() / (found | truth).sum() > 0.85


def test_tiles_leave_no_seams():
    micrograph = samples()[0].build().micrograph
    engine = zoo.load("particles", "cpu")
    tiled = segment(micrograph, engine, TileSettings(side_px=512, overlap_px=256)).labels
    whole = segment(micrograph, engine, TileSettings(side_px=1024, overlap_px=128)).labels
    assert np.mean(tiled == whole) >= 0.995


def test_scores_stand_under_the_data_they_were_measured_on():
    card = replace(
        next(iter(zoo.CARDS.values())),
        scores=(Score("a", 0.1, "x"), Score("b", 0.2, "y"), Score("c", 0.3, "x")),
    )
    grouped = {data: [one.metric for one in found] for data, found in card.scores_by_data().items()}
    assert grouped == {"x": ["a", "c"], "y": ["b"]}


def test_cards_in_the_documents_are_those_of_the_zoo():
    folder = Path(__file__).resolve().parents[2] / "docs" / "models"
    assert {path.stem for path in folder.glob("*.md")} == set(all_cards())
    for name, card in all_cards().items():
        assert (folder / f"{name}.md").read_text("utf-8") == card_text(card), "run `make cards`"


def test_card_text_holds_what_the_card_says():
    text = card_text(zoo.card("particles"))
    assert "| IoU of particles, mean over images | 0.900 | " in text
    assert f"`{zoo.card('particles').weights.sha256}`" in text
    assert "| Parameters | 3,832,068 |" in text
    assert "`lamella train particles`" in text
    assert "lamella train" not in card_text(zoo.card("otsu"))
    assert "| Phases | background (" in text
    assert "| Classes | particles (" in card_text(all_cards()["micrograph-type"])


def test_a_model_that_is_no_longer_there_names_the_one_in_its_place():
    with pytest.raises(ModelError, match="'particles' stands in its place"):
        zoo.card("particles-resnet34")
    assert all(other in zoo.CARDS and name not in zoo.CARDS for name, other in zoo.REPLACED.items())
