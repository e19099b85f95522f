"""``lamella train`` and ``lamella evaluate``: their files, exit codes and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save
from torch import nn

import cli
from commands.terminal.batch import say
from commands.train import chosen_recipe, ctrl_c_noted, line
from core.segmentation.engines.engine import Engine
from core.training.initialization import from_scratch
from core.training.progress import Progress
from core.training.recipe import Recipe
from tests.threshold_model import CARD, threshold_network

RECIPE = Recipe(
    steps=6, initialize=from_scratch, masks="instances", batch=2, crop_px=32, validate_every=2
)


@pytest.fixture(autouse=True)
def zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the threshold in the place of the trained models."""
    # Its card is made of the zoo's, once: not of the zoo that is put in its place here.
    import_module("models.micrographs")
    monkeypatch.setattr("models.zoo.CARDS", {CARD.name: CARD})
    monkeypatch.setattr("models.zoo.recipe", lambda name: RECIPE)
    monkeypatch.setattr(
        "models.zoo.load",
        lambda name, device="auto", *_, **choices: Engine(CARD, threshold_network(), device),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight images with a bright square of 20 x 20 px, marked in their masks."""
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    random = np.random.default_rng(0)
    for index in range(8):
        pixels = random.integers(25, 35, (64, 64), np.uint8)
        row, column = random.integers(2, 40, 2)
        pixels[row : row + 20, column : column + 20] += 180
        Image.fromarray(pixels).save(tmp_path / "data" / "images" / f"field{index}.png")
        mask = (pixels > 100).astype(np.uint8)
        Image.fromarray(mask).save(tmp_path / "data" / "masks" / f"field{index}.png")
    return tmp_path / "data"


def train(data: Path, out: Path, *more: str) -> int:
    return cli.main(["train", "threshold", "--data", str(data), "--out", str(out), *more])


def test_train_writes_weights_curves_and_a_checkpoint(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train(data, out, "--device", "cpu") == 0
    names = {path.name for path in out.iterdir()}
    assert {"threshold.safetensors", "curves.csv", "checkpoint.pt"} <= names
    said = capsys.readouterr()
    assert "validation score" in said.out
    assert said.err.startswith(f"lamella: reading the images of {data}")
    steps = [row.split(",")[0] for row in (out / "curves.csv").read_text().splitlines()]
    assert steps == ["step", "2", "4", "6"]


def test_a_run_may_begin_from_a_network_of_the_lab(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.workspace.lab.lab_card import lab_card
    from core.workspace.lab.lab_models import NewModel
    from core.workspace.workspace import Workspace
    from models import lab

    state = threshold_network().state_dict()
    card = replace(CARD, name="own", architecture="threshold")
    monkeypatch.setattr(
        "models.lab.networks.BUILDERS", {"threshold": lambda outputs: threshold_network()}
    )
    place = Workspace(tmp_path / "workspace")
    made = NewModel("trained", False, lab_card(card, "network"), save(state))
    lab.keep(place, "ann", made)
    place.close()
    network = nn.Conv2d(1, 2, 1)
    told = {"init": "own", "seed": None, "workspace": tmp_path / "workspace", "owner": "ann"}
    recipe = chosen_recipe(Namespace(name="threshold", **told))
    assert recipe.initialize(network) == "2 of 2 tensors of a trained network (own)"
    assert torch.equal(network.weight, state["weight"])
    where = ["--workspace", str(tmp_path / "workspace"), "--owner"]
    assert train(data, tmp_path / "run", "--init", "own", *where, "ann") == 0
    assert train(data, tmp_path / "other", "--init", "own", *where, "bob") == 2
    assert "There is no initialization 'own'" in capsys.readouterr().err


def test_train_does_not_overwrite_an_earlier_run(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path / "run") == 0
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    capsys.readouterr()
    assert train(data, tmp_path / "run") == 1
    assert "--resume" in capsys.readouterr().err
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    assert train(data, tmp_path / "run", "--resume") == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train", "carbon", "--data", "{data}"], 2, "threshold"),
        (["train", "threshold", "--data", "{data}", "--max-minutes", "0"], 2, "--max-minutes"),
        (["train", "threshold", "--data", "{data}/absent"], 1, "absent"),
        (["evaluate", "carbon", "--images", "{data}", "--masks", "{data}"], 2, "threshold"),
        (
            ["evaluate", "threshold", "--images", "{data}/images", "--masks", "{data}/no"],
            1,
            "no",
        ),
    ],
)
def test_what_cannot_be_is_said(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main([argument.format(data=data) for argument in arguments]) == code
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_all_mistakes_of_a_data_folder_are_listed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "masks" / "field0.png").unlink()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(data / "masks" / "field1.png")
    assert train(data, tmp_path / "run") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "field0" in line and line.startswith("- ")]
    assert [line for line in lines if "field1" in line and line.startswith("- ")]


def test_ctrl_c_stops_between_two_steps(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = signal.getsignal(signal.SIGINT)

    def train_and_press(
        network: nn.Module, data: object, settings: object, report: Callable[[Progress], None]
    ) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        report(Progress(1, 6, 0.5, 1.0))
        pytest.fail("went on after Ctrl-C")

    monkeypatch.setattr("core.training.session.train", train_and_press)
    assert train(data, tmp_path / "run") == 130
    assert "--resume" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), ctrl_c_noted() as stopped:
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped == [True]
        os.kill(os.getpid(), signal.SIGINT)


def test_the_line_shows_the_time_left() -> None:
    shown = line("training", Progress(500, 1500, 0.25, seconds=600, best=0.5))
    assert shown == (
        "training [#######.............] 500/1500, loss 0.250, best score 0.5000, about 20 min left"
    )
    limited = line("training", Progress(500, 1500, 0.25, seconds=600), 180)
    assert limited.endswith(", about 3 min left")


def test_evaluate_scores_known_masks(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, masks = data / "images", data / "masks"
    for path in sorted(images.iterdir())[2:]:
        path.unlink()
    # The second mask marks half of what is there, so the IoU of that image is 1/2.
    mask = np.asarray(Image.open(masks / "field1.png")).copy()
    rows = np.flatnonzero(mask.any(axis=1))
    mask[rows[10:]] = 0
    Image.fromarray(mask).save(masks / "field1.png")

    command = ["evaluate", "threshold", "--images", str(images), "--masks", str(masks)]
    assert cli.main([*command, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["images"] == 2
    assert scores["foreground_iou_macro"] == pytest.approx(0.75)
    assert scores["iou"]["particle"] == pytest.approx(600 / 800)
    assert [image["iou"]["particle"] for image in scores["by_image"]] == [1.0, 0.5]
    assert np.sum(scores["confusion"]) == 2 * 64 * 64
    assert cli.main(command) == 0
    assert "0.7500" in capsys.readouterr().out

    (data / "index.csv").write_text("stem,polarity\nfield0,dark\nfield1,bright\n")
    assert cli.main([*command, "--json", "--by", "polarity"]) == 0
    scores = json.loads(capsys.readouterr().out)["foreground_iou_by_polarity"]
    assert scores["bright"]["images"] == 1
    assert scores["bright"]["foreground_iou_macro"] == 0.5
    assert cli.main([*command, "--by", "specimen"]) == 2
    assert "no such column" in capsys.readouterr().err


def test_evaluate_saves_what_cards_read(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "threshold", "--images", str(data / "images")]
    command += ["--masks", str(data / "masks"), "--only", "field[01]"]
    assert cli.main([*command, "--save", str(tmp_path / "made"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    saved = json.loads((tmp_path / "made" / "threshold.json").read_text())
    assert shown.pop("by_image") and saved == shown
    assert saved["images"] == 2
    rows = (tmp_path / "made" / "threshold.images.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["stem", "field0", "field1"]
    assert cli.main([*command, "--only", "steel*"]) == 2
    assert "steel*" in capsys.readouterr().err


def test_a_fault_of_ours_is_one_sentence_too(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("core.training.session.run_training", fail)
    assert train(data, tmp_path / "run") == 1
    _, sentence = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: division by zero" in sentence
    monkeypatch.setenv("LAMELLA_TRACEBACK", "1")
    assert train(data, tmp_path / "run") == 1
    assert "Traceback" in capsys.readouterr().err


def test_say_keeps_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    say("Fix these first:\n- one\n- two")
    assert capsys.readouterr().err == "lamella: Fix these first:\n- one\n- two\n"
