"""Models of the zoo out of Lamella and back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from core.errors import ModelError
from core.evaluation.choices import precision_text
from core.exchange import weights_file
from core.workspace.lab import lab_card
from models import zoo
from models.lab import exchange
from models.measured import precisions
from models.running_facts import running_facts
from models.weights import read_weights

CARD = zoo.card("carbon-steel")


@pytest.fixture(scope="module")
def data() -> bytes:
    assert CARD.weights is not None
    return read_weights(CARD.weights)


def test_a_network_has_three_formats_a_method_none() -> None:
    assert exchange.formats(CARD) == ("safetensors", "onnx", "bioimage")
    assert exchange.formats(zoo.card("otsu")) == ()
    assert exchange.formats(zoo.card("random-forest")) == ()
    with pytest.raises(ModelError, match="no network"):
        exchange.export(zoo.card("otsu"), b"", "onnx")


def test_safetensors_come_back_with_card_and_weights(data: bytes) -> None:
    made = exchange.export(CARD, data, "safetensors")
    assert made.file_name == "carbon-steel.safetensors"
    found = exchange.opened(made.data, made.file_name)
    assert found.card.phases == CARD.phases and found.card.tta_flips == CARD.tta_flips
    assert found.card.mean == CARD.mean and found.card.weights_format == "network"
    before, after = load(data), load(found.weights)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert "0.819" in found.card.data and found.card.scores == ()
    # Weights of the same digest were measured, under the zoo's name.
    imported = lab_card.model_card(found.card, CARD.weights, "foreign")
    assert not {"Fast (`--precision fast`)", "Careful (`--careful`)"} & set(running_facts(imported))
    assert precision_text(imported, precisions(CARD)) is None


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert exchange.free_name("their-net", ()) == "their-net"
    assert exchange.free_name("their-net", {"their-net", "their-net-2"}) == "their-net-3"
    assert exchange.free_name("particles", ()) == "particles-2"


def test_weights_of_another_network_are_refused(data: bytes) -> None:
    weights = load(data)
    weights["encoder.extra"] = np.zeros(3, np.float16)
    card = weights_file.read_header(exchange.export(CARD, data, "safetensors").data, "x").card
    with pytest.raises(ModelError, match=r"encoder.extra.*differ"):
        exchange.opened(weights_file.with_card(save(weights), card), "odd.safetensors")


def test_a_card_that_the_app_could_not_work_with_is_refused(data: bytes) -> None:
    made = exchange.export(replace(CARD, title="Steel"), data, "safetensors")
    card = json.loads(weights_file.read_header(made.data, "x").card)
    for changed, field in (
        ({"std": 0}, "std"),
        ({"tta_scales": [1e9]}, "tta_scales"),
        (
            {"phases": [{"name": "a", "color": "red;x"}, {"name": "b", "color": "#000000"}]},
            "phases",
        ),
    ):
        odd = weights_file.with_card(data, json.dumps(card | changed))
        with pytest.raises(ModelError, match=field):
            exchange.opened(odd, "odd.safetensors")
    odd = weights_file.with_card(data, json.dumps(card | {"architecture": "os.system"}))
    with pytest.raises(ModelError, match="no network 'os.system'"):
        exchange.opened(odd, "odd.safetensors")
