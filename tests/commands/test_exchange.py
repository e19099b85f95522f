"""Models out of Lamella and into a lab, on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import cli
from core.exchange import opening
from core.workspace.lab import lab_models
from core.workspace.workspace import Workspace
from tests.onnx_files import description, network, package


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a foreign network, and an image with its mask: a bright half."""
    folder = tmp_path_factory.mktemp("lab")
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    mask = np.zeros((96, 128), np.uint8)
    mask[:, 64:] = 1
    Image.fromarray(50 + 150 * mask).save(folder / "images" / "half.png")
    Image.fromarray(mask).save(folder / "masks" / "half.png")
    (folder / "their net.onnx").write_bytes(network().SerializeToString())
    words = ["--import", folder / "their net.onnx", "--phases", "dark, bright"]
    assert lamella(folder, "models", *words) == 0
    return folder


def lamella(folder: Path, command: str, *words: object) -> int:
    return cli.main([command, *map(str, (*words, "--workspace", folder / "workspace"))])


def test_a_foreign_network_is_listed_as_one_and_segments(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lamella(folder, "models", "--json") == 0
    (entry,) = (one for one in json.loads(capsys.readouterr().out) if one["name"] == "their-net")
    assert entry["origin"] == "foreign" and entry["phases"] == ["dark", "bright"]
    assert entry["data"] == "not said by its makers"
    words = ["--model", "their-net", "--info-bar", "none", "--out", folder / "out"]
    assert lamella(folder, "segment", folder / "images" / "half.png", *words) == 0
    labels = tifffile.imread(folder / "out" / "half.labels.tif")
    mask = np.asarray(Image.open(folder / "masks" / "half.png"))
    assert np.array_equal(labels > 0, mask > 0)


def test_what_is_measured_of_it_stands_on_its_card(folder: Path) -> None:
    place = Workspace(folder / "workspace")
    (kept,) = lab_models.listed(place, "")
    assert kept.kind == "foreign" and kept.card.tested == ()
    words = ["--images", folder / "images", "--masks", folder / "masks"]
    assert lamella(folder, "evaluate", "their-net", *words) == 0
    (kept,) = lab_models.listed(place, "")
    place.close()
    found = {one.metric: one for one in kept.card.tested}
    assert found["mean IoU"].value > 0.99
    assert found["mean IoU"].data == f"1 image of {folder.name}"


def test_it_is_exported_with_the_card_that_it_has_here(folder: Path) -> None:
    words = ["--export", "their-net", "--format", "onnx", "--out", folder]
    assert lamella(folder, "models", *words) == 0
    found = opening.open_model((folder / "their-net.onnx").read_bytes(), "their-net.onnx")
    assert found.has_card and [phase.name for phase in found.card.phases] == ["dark", "bright"]


def test_a_package_is_refused_in_a_sentence_and_nothing_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = folder / "bad.zip"
    bad.write_bytes(package(description(weights={"torchscript": {"source": "weights.pt"}})))
    assert lamella(folder, "models", "--import", bad) != 0
    said = capsys.readouterr().err
    assert "only ONNX is read" in said and "Traceback" not in said
    place = Workspace(folder / "workspace")
    assert [one.name for one in lab_models.listed(place, "")] == ["their-net"]
    place.close()


def test_a_name_is_given_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lamella(folder, "models", "--import", folder / "their net.onnx") != 0
    assert "choose another name" in capsys.readouterr().err
