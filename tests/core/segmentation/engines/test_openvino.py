"""OpenVINO against PyTorch, what is kept of a conversion, and that nothing is sent."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LamellaError
from core.evaluation.precision_scores import PrecisionScore, write_precision_scores
from core.execution import Execution
from core.segmentation import segment as segment_module
from core.segmentation.engines import engine as engine_module
from core.segmentation.engines import openvino_backend, openvino_models, processor
from core.segmentation.engines.backend import BackendError, OutOfMemory
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.openvino_backend import OpenVinoBackend
from core.segmentation.engines.torch_backend import TorchBackend
from core.segmentation.segment import segment
from core.segmentation.settings import TileSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard, Weights
from models import measured
from tests import threshold_model

SMALL_TILES = TileSettings(64, 32)


class SmallUnet(nn.Module):
    """Two levels with a skip, batch norm, and answers about objects: what real networks have."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU6())
        self.head = nn.Conv2d(24, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.first(x)
        coarse = nn.functional.interpolate(self.second(fine), scale_factor=2.0, mode="nearest")
        return 8 * self.head(torch.cat([fine, coarse], 1))


def card(weights: Weights | None = None) -> ModelCard:
    return replace(threshold_model.CARD, mean=0.4, std=0.2, object_outputs=True, weights=weights)


def image(height: int, width: int) -> Micrograph:
    pixels = np.random.default_rng(1).random((height, width), np.float32)
    return Micrograph(pixels, "noise.png", "ab" * 32)


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LAMELLA_DATA", str(tmp_path))
    return tmp_path


def test_labels_are_those_of_pytorch_at_two_sizes_from_one_conversion():
    network = SmallUnet().eval()
    in_torch = Engine(card(), network, "cpu", backend="torch")
    in_openvino = Engine(card(), network, "cpu", backend="openvino")
    assert in_openvino.execution == Execution("cpu", "openvino", "float32")
    for shape in ((64, 96), (150, 70)):
        one, other = segment(image(*shape), in_torch), segment(image(*shape), in_openvino)
        assert one.labels.any() and not one.labels.all()
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-3)
        np.testing.assert_allclose(one.distance, other.distance, atol=1e-3)
        assert one.digest != other.digest


def test_the_network_given_is_not_touched():
    network = SmallUnet().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    engine = Engine(card(), network, "cpu", backend="openvino")
    engine.probabilities(np.zeros((1, 64, 64), np.float32))
    assert network.training and all(one.requires_grad for one in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not engine.network.training


def test_a_conversion_is_kept_and_found_again_without_loading_the_network(data):
    weights = Weights(data / "none.safetensors", "cd" * 32)
    first = Engine(card(weights), SmallUnet().eval, "cpu", loads_card=True)

    def not_again() -> nn.Module:
        raise AssertionError("the network was loaded although its conversion is kept")

    again = Engine(card(weights), not_again, "cpu", loads_card=True)
    grey = np.random.default_rng(2).random((1, 64, 64), np.float32)
    np.testing.assert_array_equal(first.probabilities(grey), again.probabilities(grey))
    assert again.execution.backend == "openvino"
    # Other weights, and another number on the card, are other networks.
    kept = openvino_models.folder_of(card(weights))
    assert openvino_models.folder_of(card(replace(weights, sha256="ef" * 32))) != kept
    assert openvino_models.folder_of(replace(card(weights), mean=0.1)) != kept
    # One that was damaged is made anew.
    (kept / "network.xml").write_text("half a fi")
    repaired = Engine(card(weights), SmallUnet().eval, "cpu", loads_card=True)
    np.testing.assert_array_equal(first.probabilities(grey), repaired.probabilities(grey))
    assert (kept / "network.xml").stat().st_size > 1000


def test_another_network_is_never_taken_for_the_one_that_the_card_names(data):
    named = card(Weights(data / "none.safetensors", "cd" * 32))
    kept = Engine(named, SmallUnet().eval, "cpu", loads_card=True)
    other = SmallUnet()
    other.head.bias.data += torch.tensor([9.0, -9.0, 0.0, 0.0])
    grey = np.random.default_rng(2).random((1, 64, 64), np.float32)
    in_torch, in_openvino = Engine(named, other), Engine(named, other, backend="openvino")
    loaded = Engine(named, other.eval, "cpu")
    engines = in_torch, in_openvino, loaded
    assert [one.execution.backend for one in engines] == ["torch", "openvino", "openvino"]
    for engine in engines:
        assert engine.probabilities(grey)[0, 0].min() > 0.9 > kept.probabilities(grey)[0, 0].min()


def test_a_folder_that_cannot_be_written_costs_only_the_next_conversion(data, monkeypatch):
    (data / "file").write_text("")
    monkeypatch.setenv("LAMELLA_DATA", str(data / "file"))
    named = card(Weights(data / "none", "cd" * 32))
    engine = Engine(named, SmallUnet().eval, "cpu", loads_card=True)
    assert engine.execution.backend == "openvino"


def test_the_oldest_conversions_are_forgotten(data, monkeypatch):
    monkeypatch.setattr(openvino_models, "MOST_KEPT", 1)
    for sha256 in ("cd" * 32, "ef" * 32):
        named = card(Weights(data / "none", sha256))
        Engine(named, SmallUnet().eval, "cpu", loads_card=True)
    kept = openvino_models.folder_of(card(Weights(data / "none", "ef" * 32)))
    assert list((data / "openvino").iterdir()) == [kept]


def test_a_network_that_cannot_be_compiled_runs_in_pytorch_and_says_so(monkeypatch):
    def refuse(*_: object) -> None:
        raise BackendError("it cannot compile the network")

    monkeypatch.setattr(OpenVinoBackend, "__init__", refuse)
    found = segment(image(64, 64), Engine(card(), SmallUnet(), "cpu", backend="openvino"))
    assert found.execution == Execution(
        "cpu",
        "torch",
        "float32",
        (
            "The network ran in PyTorch, in float32: OpenVINO was asked first and it cannot "
            "compile the network.",
        ),
    )


def test_values_that_are_no_numbers_bring_pytorch_in_for_the_whole_image():
    engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
    plain = segment(image(128, 64), engine, SMALL_TILES)
    request, tiles = engine._backend._request((1, 1, 64, 64)), []

    class BrokenRequest:
        def infer(self, *given: object, **more: object) -> list[np.ndarray]:
            tiles.append(1)
            found = request.infer(*given, **more)[0]
            return [found if len(tiles) < 3 else found * np.nan]

    engine._backend._request = lambda _: BrokenRequest()
    found = segment(image(128, 64), engine, SMALL_TILES)
    assert len(tiles) == 3
    assert found.execution.backend == "torch"
    assert "OpenVINO gave values that are no numbers" in found.execution.notes[0]
    np.testing.assert_array_equal(found.labels, plain.labels)
    # The shared engine is as it was: another image may be fine.
    assert engine.execution == Execution("cpu", "openvino", "float32")


def test_a_network_of_broken_weights_is_named_and_not_tried_for_ever():
    network = SmallUnet()
    network.head.weight.data.fill_(torch.nan)
    with pytest.raises(LamellaError, match="PyTorch gave values that are no numbers"):
        segment(image(64, 64), Engine(card(), network, "cpu", backend="openvino"))


def test_memory_that_runs_out_halves_the_tiles_once(monkeypatch):
    engine = Engine(card(), SmallUnet(), "cpu")
    outputs, most = TorchBackend.outputs, 64

    def limited(self: TorchBackend, grey: np.ndarray) -> np.ndarray:
        if grey.shape[1] > most:
            raise OutOfMemory("The cpu device ran out of memory.")
        return outputs(self, grey)

    whole = segment(image(128, 128), engine, TileSettings(128, 64))
    halved = segment(image(128, 128), engine, SMALL_TILES)
    monkeypatch.setattr(TorchBackend, "outputs", limited)
    found = segment(image(128, 128), engine, TileSettings(128, 64))
    assert found.execution.notes == (
        "The memory had no room for tiles of 128 px; half that was used.",
    )
    assert found.digest == halved.digest != whole.digest
    most = 32
    with pytest.raises(LamellaError, match=r"no room for tiles of 64 px either.*--device cpu"):
        segment(image(128, 128), engine, TileSettings(128, 64))


def test_a_backend_that_fails_on_halved_tiles_still_falls_back():
    engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
    halved = segment(image(128, 128), Engine(card(), SmallUnet(), "cpu"), SMALL_TILES)

    class Narrow:
        def infer(self, batch: list[np.ndarray], **_: object) -> list[np.ndarray]:
            if batch[0].shape[2] > 64:
                raise RuntimeError("std::bad_alloc")
            return [np.full((1, 4, *batch[0].shape[2:]), np.nan, np.float32)]

    engine._backend._request = lambda _: Narrow()
    found = segment(image(128, 128), engine, TileSettings(128, 64))
    assert found.execution.backend == "torch"
    assert found.execution.notes == (
        "The network ran in PyTorch, in float32: OpenVINO gave values that are no numbers.",
        "The memory had no room for tiles of 128 px; half that was used.",
    )
    assert found.digest == halved.digest
    np.testing.assert_array_equal(found.labels, halved.labels)


def test_the_words_of_openvino_are_told_apart(monkeypatch):
    class Refusing:
        def compile_model(self, *_: object) -> None:
            raise RuntimeError("Primitive descriptor was not found for node conv_1")

    with monkeypatch.context() as patched:
        patched.setattr(openvino_backend, "core", Refusing)
        engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
        found = segment(image(64, 64), engine, SMALL_TILES)
    assert found.execution.backend == "torch"
    assert found.execution.notes[0].endswith("OpenVINO cannot compile the network.")

    class Failing:
        def __init__(self, words: str) -> None:
            self.words = words

        def infer(self, *_: object, **__: object) -> None:
            raise RuntimeError(self.words)

    engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
    engine._backend._request = lambda _: Failing("Exception from src/inference: std::bad_alloc")
    with pytest.raises(LamellaError, match=r"no room for tiles of 32 px either.*--device cpu"):
        segment(image(64, 64), engine, SMALL_TILES)
    engine._backend._request = lambda _: Failing("Exception: unsupported shape")
    found = segment(image(64, 64), engine, SMALL_TILES)
    assert found.execution.backend == "torch"
    assert found.execution.notes[0].endswith("it stopped while the network ran.")


def test_a_large_image_gives_the_memory_of_its_tiles_back(monkeypatch):
    engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
    release, released = engine._backend.release, []

    def counting() -> None:
        released.append(1)
        release()

    first = segment(image(128, 64), engine, SMALL_TILES)
    engine._backend.release = counting
    segment(image(128, 64), engine, SMALL_TILES)
    assert not released
    monkeypatch.setattr(segment_module, "LARGE_PX", 128 * 64 - 1)
    again = segment(image(128, 64), engine, SMALL_TILES)
    assert released == [1]
    np.testing.assert_array_equal(again.probabilities, first.probabilities)
    # The next image finds the engine as it was.
    np.testing.assert_array_equal(segment(image(128, 64), engine, SMALL_TILES).labels, first.labels)


def test_a_network_stays_compiled_for_the_last_two_shapes(monkeypatch):
    engine = Engine(card(), SmallUnet(), "cpu", backend="openvino")
    compiled, shapes = engine._backend._compiled, []

    def counting(shape: tuple[int, ...]) -> object:
        shapes.append(shape[2:])
        return compiled(shape)

    monkeypatch.setattr(engine._backend, "_compiled", counting)
    first = [
        engine.probabilities(np.full((1, *shape), 0.5, np.float32))
        for shape in ((64, 64), (64, 96), (64, 64), (64, 96), (32, 32), (64, 96), (64, 64))
    ]
    assert shapes == [(64, 64), (64, 96), (32, 32), (64, 64)]
    np.testing.assert_array_equal(first[0], first[-1])
    np.testing.assert_array_equal(first[1], first[5])


QUIET = """
import socket, sys, urllib.request
from pathlib import Path

def refuse(*given, **more):
    raise SystemExit(f"something was to be sent: {given}")

socket.socket.connect = socket.create_connection = urllib.request.urlopen = refuse
from core.segmentation.engines.engine import Engine
from tests.core.segmentation.engines.test_openvino import SmallUnet, card
import numpy as np

engine = Engine(card(), SmallUnet().eval(), "cpu", backend="openvino")
assert engine.execution.backend == "openvino", engine.execution
engine.probabilities(np.zeros((1, 64, 64), np.float32))
assert sys.modules["openvino_telemetry"] is None
print(sorted(str(one) for one in Path.home().rglob("*")))
"""


def test_openvino_sends_nothing_and_writes_nothing_into_the_home(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", QUIET],
        capture_output=True,
        text=True,
        timeout=120,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": "."},
        cwd=Path(__file__).resolve().parents[4],
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "[]\n", "")


def test_fast_is_bfloat16_where_the_processor_has_it_and_says_so_where_not(monkeypatch):
    network = SmallUnet().eval()
    monkeypatch.setattr(engine_module, "bfloat16_units", lambda: "")
    slow = Engine(card(), network, "cpu", "fast", "openvino")
    assert slow.execution == Execution("cpu", "openvino", "float32", (engine_module.NOT_FAST,))
    monkeypatch.setattr(engine_module, "bfloat16_units", lambda: "avx512")
    fast = Engine(card(), network, "cpu", "fast", "openvino")
    auto = Engine(card(), network, "cpu", "auto", "openvino")
    assert (fast.execution.precision, auto.execution.precision) == ("bfloat16", "float32")
    assert segment(image(64, 64), fast).digest != segment(image(64, 64), auto).digest


def test_bfloat16_is_taken_where_it_was_measured_to_be_as_good(monkeypatch, tmp_path):
    weights = Weights(tmp_path / "none", "cd" * 32)
    good = PrecisionScore(
        *("threshold", weights.sha256, "avx512", "openvino", "1.2", 4, "mean_iou"),
        *(0.8, 0.8004, 0.9991),
    )
    monkeypatch.setattr(measured, "PRECISIONS", tmp_path / "precision.csv")
    monkeypatch.setattr(measured, "version", lambda _: "1.2")
    monkeypatch.setattr(processor, "bfloat16_units", lambda: "avx512")
    assert not measured.is_as_good_in_bfloat16(card(weights))
    rows = [
        (good, True),
        (replace(good, bfloat16=0.7989), False),
        (replace(good, agreement=0.9989), False),
        (replace(good, processor="amx"), False),
        (replace(good, version="1.3"), False),
        (replace(good, weights_sha256="ef" * 32), False),
    ]
    for number, (row, taken) in enumerate(rows):
        # What is measured is read once from a file.
        monkeypatch.setattr(measured, "PRECISIONS", tmp_path / f"{number}.csv")
        write_precision_scores(measured.PRECISIONS, [row])
        assert measured.is_as_good_in_bfloat16(card(weights)) == taken
