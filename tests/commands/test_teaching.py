"""``lamella train BASE --pairs DIR --name OWN``: taught, tested, kept, and its mistakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cli
from core.errors import Cancelled
from core.training.fine_tuning.start import FineTuning, Start
from core.workspace.lab import lab_models, trainings
from core.workspace.workspace import Workspace
from tests.core.training.test_fine_tuning import QUICK, Tiny
from tests.core.training.test_mask_files import disks, png


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two specimens of an image each, and a network of one layer in place of the model."""
    for kind in ("images", "masks"):
        (tmp_path / "pairs" / kind).mkdir(parents=True)
    for number in (1, 2):
        image, ids = disks(number)
        (tmp_path / f"pairs/images/s{number}.png").write_bytes(png(image))
        (tmp_path / f"pairs/masks/s{number}_mask.png").write_bytes(png((ids > 0) * np.uint8(255)))
    (tmp_path / "pairs/index.csv").write_text("stem,specimen\ns1,A\ns2,B\n")

    def start(*names: object) -> Start:
        return Start("tiny", "0" * 64, Tiny, lambda network: None, (), 0.45, 0.23)

    def quick(seconds: float) -> FineTuning:
        return replace(QUICK, seconds=float("inf"), fewest_steps=20, most_steps=20)

    monkeypatch.setattr("models.teaching.start_for", start)
    monkeypatch.setattr("core.training.fine_tuning.start.FineTuning", quick)
    return tmp_path


def train(folder: Path, *words: str, owner: str | None = "ann") -> int:
    where = ["--workspace", str(folder / "workspace"), *(["--owner", owner] if owner else [])]
    return cli.main(["train", "particles", "--pairs", str(folder / "pairs"), *words, *where])


def test_a_model_is_taught_tested_and_kept(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert train(folder, "--name", "dark-disks", "--phases", "ground,disk") == 0
    told = capsys.readouterr().out
    assert "Labelled without a model, 2 images that it had not seen" in told
    assert "IoU of disk:" in told and "kept as dark-disks for ann" in told
    place = Workspace(folder / "workspace")
    kept = lab_models.find(place, "ann", "dark-disks")
    assert kept is not None and [phase.name for phase in kept.card.phases] == ["ground", "disk"]
    assert lab_models.find(place, "bob", "dark-disks") is None
    assert trainings.listed(place, "ann") == ()
    # The name is taken, which is said before anything runs.
    assert train(folder, "--name", "dark-disks") == 2
    assert "in the list of this lab already" in capsys.readouterr().err


def test_without_an_owner_it_is_for_everybody_and_a_stopped_training_goes_on(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trainings.note

    def stop(*args: object) -> None:
        real(*args)
        raise Cancelled

    monkeypatch.setattr("core.workspace.lab.trainings.note", stop)
    assert train(folder, "--name", "disks", owner=None) != 0
    monkeypatch.setattr("core.workspace.lab.trainings.note", real)
    capsys.readouterr()
    assert train(folder, "--name", "disks", owner=None) == 0
    assert "going on with the training that was stopped" in capsys.readouterr().err
    assert lab_models.find(Workspace(folder / "workspace"), "bob", "disks") is not None


def test_mistakes_are_told_before_anything_runs(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    assert train(folder) == 2
    assert "name it with --name" in capsys.readouterr().err
    assert train(folder, "--name", "disks", "--phases", "a,b,c") == 2
    assert "--phases names 3; the masks hold 2 values" in capsys.readouterr().err
    (folder / "pairs/masks/s1_mask.png").unlink()
    assert train(folder, "--name", "disks") != 0
    assert "s1.png has no mask; call it s1_mask.png" in capsys.readouterr().err
