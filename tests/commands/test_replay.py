"""``lamella replay``: the same bits again, and what differs named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cli


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an image of blobs, its marks, and runs on it."""
    folder = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(0)
    pixels = random.integers(20, 60, (120, 160), np.uint8)
    row, column = np.mgrid[:120, :160]
    marks = np.zeros((120, 160), np.uint8)
    for r, c, radius in ((30, 40, 12), (80, 100, 20), (60, 150, 9)):
        inside = (row - r) ** 2 + (column - c) ** 2 <= radius**2
        pixels[inside] += 150
        marks[r - 3 : r + 3, c - 3 : c + 3] = 2
    marks[:5, :50] = 1
    Image.fromarray(pixels).save(folder / "a.png")
    Image.fromarray(pixels[:, ::-1]).save(folder / "b.png")
    Image.fromarray(marks).save(folder / "a.marks.png")
    size = ("--pixel-size", "2.5", "--info-bar", "6")
    assert segmented(folder, "otsu", *size) == 0
    forest = ("--marks", folder / "a.marks.png", "--marks-phases", "support,particle")
    assert segmented(folder, "random-forest", *forest) == 0
    return folder


def segmented(folder: Path, model: str, *options: object) -> int:
    words = ["segment", folder / "a.png", "--model", model, "--out", folder / model, *options]
    return cli.main([str(word) for word in words])


def replay(*words: object) -> int:
    return cli.main(["replay", *(str(word) for word in words)])


@pytest.mark.parametrize("model", ["otsu", "random-forest"])
def test_the_same_image_gives_the_same_bits(
    made: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made / model / "a.run.json"
    assert replay(run, made / "a.png", "--out", tmp_path) == 0
    assert "identical" in capsys.readouterr().out
    for name in ("a.labels.tif", "a.objects.tif", "a.objects.csv"):
        assert (tmp_path / name).read_bytes() == (made / model / name).read_bytes()


def test_another_image_is_named(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(made / "otsu" / "a.run.json", made / "b.png", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["identical"] is False
    assert [one["what"] for one in told["causes"]] == ["image SHA-256"]
    assert {one["what"] for one in told["results"]} == {"labels", "objects", "table"}


def test_other_software_is_named_though_the_result_is_the_same(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads((made / "otsu" / "a.run.json").read_text("utf-8"))
    told["software"]["packages"]["numpy"] = "1.0"
    told["software"]["platform"] = "Plan9 sparc"
    (tmp_path / "run.json").write_text(json.dumps(told), "utf-8")
    assert replay(tmp_path / "run.json", made / "a.png") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"numpy differs: 1.0 then, {np.__version__} now"
    assert lines[0].startswith("platform differs: Plan9 sparc then")
    assert lines[2].startswith("identical")


def test_a_run_without_digests_is_compared_by_its_objects(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads((made / "otsu" / "a.run.json").read_text("utf-8"))
    for key in ("labels_sha256", "objects_sha256", "table_sha256"):
        del told["result"][key]
    (tmp_path / "run.json").write_text(json.dumps(told), "utf-8")
    assert replay(tmp_path / "run.json", made / "a.png") == 1
    assert "the number of objects is the same" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "is no run.json"),
        ("[1]", "is no run.json"),
        ("not json", "is no run.json"),
        ('{"schema": 99}', "schema 99"),
    ],
)
def test_what_is_no_run_is_said_in_a_sentence(
    made: Path, tmp_path: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_text(content, "utf-8")
    assert replay(tmp_path / "run.json", made / "a.png") == 1
    assert said in capsys.readouterr().err
    assert replay(tmp_path / "missing.json", made / "a.png") == 1
