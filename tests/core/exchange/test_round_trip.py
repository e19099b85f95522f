"""What is exported comes back and answers the same."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
import yaml
from safetensors.numpy import save
from torch import nn

from core.exchange import bioimage_writing, onnx_opening, onnx_writing, trial, weights_file
from core.exchange.bioimage_processing import Step, applied, normalization
from core.exchange.description import Description
from core.exchange.onnx_form import OUTPUTS
from core.exchange.weights_file import CARD
from core.segmentation.engines.onnx_engine import OnnxEngine
from core.segmentation.engines.torch_backend import Answering
from core.types.segmentation import Phase
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard
from models.lab.logits import Logits

PHASES = (Phase("matrix", "#0072B2"), Phase("carbide", "#E69F00"))
TEMPERATURE = 1.8


class TinyUnet(nn.Module):
    """A network whose last layer is called as in the U-Nets that are exported."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 4, 3, padding=1)
        self.segmentation_head = nn.Sequential(nn.Conv2d(4, outputs, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.segmentation_head(nn.functional.relu(self.body(x)))


def card(object_outputs: bool) -> LabCard:
    return LabCard(
        name="tiny",
        title="Tiny: a test & more",
        purpose="Finds carbides.",
        phases=PHASES,
        architecture="tiny",
        mean=0.45,
        std=0.23,
        data="nothing",
        licence="these weights BSD-3-Clause",
        reference="Nobody 2026, doi:10.1000/xyz",
        temperature=TEMPERATURE,
        object_outputs=object_outputs,
        objects_phase=1,
        tta_scales=(0.75,),
    )


def network(object_outputs: bool) -> nn.Module:
    torch.manual_seed(0)
    made = TinyUnet(4 if object_outputs else 2).eval().requires_grad_(False)
    head = made.segmentation_head[0]
    head.weight *= 8
    head.weight[1], head.bias[:2] = -head.weight[0], 0
    return made


def exported(kind: str, of: LabCard) -> bytes:
    if kind == "onnx":
        answering = Answering(lab_card.model_card(of), network(of.object_outputs)).eval()
        text = lab_card.to_json(of)
        return onnx_writing.written(answering, (OUTPUTS,), text, "tiny").data
    names = ("phases", "objects") if of.object_outputs else ("phases",)
    logits = Logits(network(of.object_outputs), len(of.phases), TEMPERATURE).eval()
    return bioimage_writing.package(of, onnx_writing.written(logits, names, "", "tiny"))


@pytest.mark.parametrize("object_outputs", [False, True])
@pytest.mark.parametrize("kind", ["onnx", "bioimage"])
def test_an_export_comes_back_with_its_card_and_its_labels(kind: str, object_outputs: bool) -> None:
    of = card(object_outputs)
    found = onnx_opening.opened(exported(kind, of), "tiny", kind, Description())
    assert found.has_card
    assert found.card == replace(of, weights_format="onnx", mean=0.0, std=1.0)
    assert found.difference is None if kind == "onnx" else found.difference < 1e-5

    grey = trial.grey_field((96, 128))[None]
    engine = OnnxEngine(lab_card.model_card(found.card), found.weights, "cpu")
    with torch.inference_mode():
        answering = Answering(lab_card.model_card(of), network(object_outputs))
        wanted = answering(torch.from_numpy(grey[:, None])).numpy()
    answers = engine.probabilities(grey)
    assert np.abs(answers - wanted).max() < 1e-5
    assert np.array_equal(answers[:, :2].argmax(1), wanted[:, :2].argmax(1))
    assert 0.1 < wanted[:, :2].argmax(1).mean() < 0.9


def test_an_onnx_file_names_nothing_of_the_machine_that_wrote_it() -> None:
    model = onnx.load_model_from_string(exported("onnx", card(False)))
    assert (model.producer_name, model.doc_string, model.graph.doc_string) == ("", "", "")
    assert [one.key for one in model.metadata_props] == [CARD]
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 17)]


def test_a_package_says_what_format_0_5_asks_for() -> None:
    with zipfile.ZipFile(io.BytesIO(exported("bioimage", card(True)))) as packed:
        described = yaml.safe_load(packed.read("rdf.yaml"))
        files = {name: packed.read(name) for name in packed.namelist()}
    assert described["format_version"] == "0.5.12"
    assert described["name"] == "Tiny  a test   more (Lamella)"
    assert described["license"] == "BSD-3-Clause"
    assert described["cite"][0]["doi"] == "10.1000/xyz"
    assert [one["id"] for one in described["outputs"]] == ["phases", "objects"]
    assert described["outputs"][0]["axes"][2]["halo"] == 32
    assert described["weights"]["onnx"]["opset_version"] == 17
    entries = [described["weights"]["onnx"], described["documentation"], *described["covers"]]
    entries += [one["test_tensor"] for one in described["inputs"] + described["outputs"]]
    import hashlib

    for entry in entries:
        assert hashlib.sha256(files[entry["source"]]).hexdigest() == entry["sha256"]
    readme = files["README.md"].decode()
    assert "temperature of 1.8" in readme and "# Validation" in readme and "0.75" in readme


def test_the_package_stretches_grey_levels_as_lamella_does() -> None:
    from core.segmentation.preprocessing import grey_levels

    pixels = trial.grey_field((64, 96)) * 200 + 13
    steps = bioimage_writing.preprocessing(card(False))
    found = applied(steps, pixels[None, None], "tiny")[0, 0]
    assert np.abs(found - (grey_levels(pixels) - 0.45) / 0.23).max() < 1e-5


def test_a_normalization_is_what_its_steps_do_one_after_the_other() -> None:
    steps = (
        Step("scale_range", {"min_percentile": 0.5, "max_percentile": 99.5}),
        Step("scale_linear", {"gain": 2.0, "offset": -1.0}),
        Step("fixed_zero_mean_unit_variance", {"mean": [0.1], "std": [0.5]}),
    )
    found = normalization(steps, "tiny")
    # ((2 x - 1) - 0.1) / 0.5 = (x - 0.55) / 0.25
    assert found.mean == pytest.approx((0.55,)) and found.std == pytest.approx((0.25,))
    assert found.notes == () and not found.by_tile


def foreign(outputs: int, final: nn.Module, channels: int = 1) -> bytes:
    """A network of somebody else, without a card."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(channels, outputs, 1), final).eval().requires_grad_(False)
    stream = io.BytesIO()
    free = {0: "n", 2: "h", 3: "w"}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            layers,
            (torch.zeros(1, channels, 64, 64),),
            stream,
            dynamo=False,
            opset_version=17,
            input_names=["grey"],
            output_names=["outputs"],
            dynamic_axes={"grey": free, "outputs": free},
        )
    return stream.getvalue()


@pytest.mark.parametrize(
    ("outputs", "final", "channels", "phases"),
    [
        (3, nn.Identity(), 1, 3),
        (2, nn.Softmax(1), 3, 2),
        (1, nn.Sigmoid(), 1, 2),
        (1, nn.Identity(), 1, 2),
        (2, nn.Sigmoid(), 1, 3),
    ],
    ids=["logits", "softmax of RGB", "sigmoid", "one logit", "two sigmoids"],
)
def test_a_foreign_network_gives_probabilities_whatever_it_ends_with(
    outputs: int, final: nn.Module, channels: int, phases: int
) -> None:
    data = foreign(outputs, final, channels)
    found = onnx_opening.opened(data, "their net.onnx", "onnx", Description(mean=0.5, std=0.25))
    assert not found.has_card and found.card.name == "their-net"
    assert found.card.data == "not said by its makers"
    named = ["background", "phase 1", "phase 2"]
    assert [phase.name for phase in found.card.phases] == named[:phases]
    engine = OnnxEngine(lab_card.model_card(found.card), found.weights)
    answers = engine.probabilities(trial.grey_field((64, 96))[None])
    assert answers.shape == (1, phases, 64, 96)
    assert np.abs(answers.sum(1) - 1).max() < 1e-5


def test_safetensors_keep_their_weights_and_get_a_card() -> None:
    data = save({"a": np.arange(6, dtype=np.float16).reshape(2, 3)})
    named = weights_file.with_card(data, '{"name": "x"}')
    header = weights_file.read_header(named, "x")
    assert header.card == '{"name": "x"}' and header.shapes == {"a": (2, 3)}
    assert weights_file.with_card(named, "")[-12:] == data[-12:]
    from safetensors.numpy import load

    assert np.array_equal(load(named)["a"], load(data)["a"])
