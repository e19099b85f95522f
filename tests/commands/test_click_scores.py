"""``lamella evaluate click``: simulated clicks on masks whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cli
from models import interactive
from tests.core.interaction.bright_network import BrightNetwork, disks

CIRCLES = (40, 40, 20), (100, 110, 25)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a command on one image of two bright disks, which a stand-in for the network sees."""
    monkeypatch.setattr(interactive, "click_network", lambda weights: BrightNetwork())
    grey = disks((160, 160), *CIRCLES)
    ids = sum((i + 1) * disks((160, 160), circle) for i, circle in enumerate(CIRCLES))
    for name, values in (("images", 40 + 180 * grey), ("masks", ids)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.uint8(values)).save(tmp_path / name / "one.png")
    return ["evaluate", "click", "--images", str(tmp_path / "images")]


def with_masks(command: list[str]) -> list[str]:
    return [*command, "--masks", command[-1].removesuffix("images") + "masks"]


def test_scores_stand_beside_those_of_methods_without_a_network(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*with_masks(command), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "click network",
        "component of Otsu's threshold",
        "flood fill",
        "random walker in the true box (oracle)",
    ]
    scores = found["click network"]["scores"]
    assert set(scores) == {"all", "20 to 70 px", "free"}
    assert scores["all"]["objects"] == 2
    assert scores["all"]["noc"] == [1.0, 1.0]
    assert scores["all"]["failures"] == [0.0, 0.0]
    assert scores["all"]["median"][0] > 0.97
    assert len(found["click network"]["objects"]) == 2


def test_the_network_can_be_scored_alone(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*with_masks(command), "--json", "--network-only"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["click network"]


def test_text_has_a_line_for_each_group_and_says_which_clicks(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*with_masks(command), "--jittered", "--objects", "1"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("clicks as people make them")
    assert [line.split()[1] for line in lines if line.startswith("all ")] == ["1"] * 4


def test_wrong_options_are_said(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(command) == 2
    assert "--masks is missing" in capsys.readouterr().err
    assert cli.main([*with_masks(command), "--objects", "0"]) == 2
    assert "--objects is 0; it must be 1 or more" in capsys.readouterr().err
