"""Models of a lab on the terminal: taken by name from a workspace, listed and removed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import cli
from commands.evaluate import kind_of_masks
from core.formats import read_file
from core.segmentation.engines.forest_engine import fit
from core.segmentation.forest.marks import marks_of, named_phases
from core.types.segmentation import Phase
from core.workspace.workspace import Workspace
from models import lab, zoo
from models.lab.forest import forest_model
from tests.commands.test_forest import textures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images and their masks, and a workspace with a forest that Ann taught on the first."""
    folder = tmp_path_factory.mktemp("lab")
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for name, top in (("first", 20), ("second", 40)):
        image, rough = textures(top)
        Image.fromarray(image).save(folder / "images" / f"{name}.png")
        Image.fromarray(rough.astype(np.uint8)).save(folder / "masks" / f"{name}.png")
    marks = np.zeros((96, 128), np.uint8)
    marks[70:80, 5:25], marks[30:40, 60:70] = 1, 2
    first = read_file(folder / "images" / "first.png")
    named = marks_of(marks, named_phases(["smooth", "rough"]))
    engine = fit(zoo.card("random-forest"), first, named)
    place = Workspace(folder / "workspace")
    lab.keep(place, "ann", forest_model(engine, "Rough places", False, 2))
    place.close()
    return folder


def lamella(folder: Path, command: str, *words: object, owner: str = "ann") -> int:
    where = ["--workspace", folder / "workspace", "--owner", owner]
    return cli.main([command, *(str(word) for word in (*words, *where))])


@pytest.fixture(scope="module")
def segmented(folder: Path) -> Path:
    words = ["--model", "rough-places", "--info-bar", "none", "--out", folder / "out"]
    assert lamella(folder, "segment", folder / "images" / "second.png", *words) == 0
    return folder / "out"


def test_segment_takes_a_model_of_the_lab_by_name(segmented: Path) -> None:
    labels = tifffile.imread(segmented / "second.labels.tif")
    assert (labels == textures(40)[1]).mean() > 0.9
    told = json.loads((segmented / "second.run.json").read_text())
    assert (told["model"]["name"], told["model"]["origin"]) == ("rough-places", "forest")
    assert told["settings"]["forest"]["image"] == "first.png"
    assert "--model rough-places" in told["command"] and "--marks" not in told["command"]


def test_replay_finds_it_and_the_bits_are_the_same(
    folder: Path, segmented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = segmented / "second.run.json", folder / "images" / "second.png"
    assert lamella(folder, "replay", *words) == 0
    assert "identical" in capsys.readouterr().out


def test_evaluate_and_measure_take_it_too(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = folder / "images"
    words = ["rough-places", "--images", images, "--masks", folder / "masks", "--json"]
    assert lamella(folder, "evaluate", *words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["images"]) == ("rough-places", 2)
    assert told["headlines"]["foreground_iou_macro"][0] > 0.6
    words = ["--model", "rough-places", "--out", tmp_path, "--info-bar", "none", "--json"]
    assert lamella(folder, "measure", *sorted(images.iterdir()), *words) == 0
    assert (tmp_path / "report.html").is_file()


def test_masks_hold_what_the_model_answers() -> None:
    taught = replace(zoo.card("particles"), name="own", origin="trained")
    assert kind_of_masks(taught) == kind_of_masks(zoo.card("otsu")) == "instances"
    assert kind_of_masks(replace(taught, objects_phase=None)) == "classes"
    three = replace(taught, phases=(*taught.phases, Phase("other", "#000000")))
    assert kind_of_masks(three) == kind_of_masks(zoo.card("multi-otsu")) == "classes"


def test_only_its_owner_finds_it_and_others_read_a_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [folder / "images" / "first.png", "--model", "rough-places", "--out", tmp_path]
    assert lamella(folder, "segment", *words, owner="bob") == 2
    assert "There is no model 'rough-places' here: it was removed" in capsys.readouterr().err
    wrong = [*map(str, words), "--workspace", str(tmp_path)]
    assert cli.main(["segment", *wrong]) == 2
    assert "is no workspace" in capsys.readouterr().err
    words = ["rough-places", "--images", folder, "--masks", folder, "--validation"]
    assert lamella(folder, "evaluate", *words) == 2
    assert "is one of your lab" in capsys.readouterr().err


def test_models_lists_and_removes_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Workspace(folder / "workspace")
    kept = lab.found(place, "ann")["rough-places"]
    assert lamella(folder, "models") == 0
    told = capsys.readouterr().out
    assert "rough-places: Rough places. Pixel classifier taught by 2 strokes on first.png." in told
    assert "made by     your lab (forest)" in told
    assert lamella(folder, "models", owner="bob") == 0
    assert "rough-places" not in capsys.readouterr().out
    assert lamella(folder, "models", "--remove", "rough-places", owner="bob") == 2
    assert "There is no model 'rough-places' of a lab here" in capsys.readouterr().err
    assert lamella(folder, "models", "--remove", "rough-places") == 0
    assert "rough-places removed" in capsys.readouterr().out and not kept.path.exists()
    place.close()
