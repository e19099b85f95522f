"""``lamella segment --model random-forest``: fitted to a mask, and repeatable."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import cli
from core.segmentation.forest.marks import mask_png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of one rough square on a smooth ground, marks on the second."""
    for name, top in (("first", 20), ("second", 40)):
        image, _ = textures(top)
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    marks = np.zeros((96, 128), np.uint8)
    marks[5:15, 5:25], marks[60:70, 60:70] = 1, 2
    (tmp_path / "second.marks.png").write_bytes(mask_png(marks))
    return tmp_path


def textures(top: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (H, W) uint8 and where it is rough."""
    rough = np.zeros((96, 128), bool)
    rough[top : top + 40, 45:85] = True
    noise = np.random.default_rng(top).standard_normal(rough.shape)
    return np.clip(128 + noise * np.where(rough, 40, 6), 0, 255).astype(np.uint8), rough


def segment(*words: object) -> int:
    return cli.main(["segment", "--info-bar", "none", *(str(one) for one in words)])


def test_a_mask_teaches_once_and_every_image_is_segmented(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    words = ["--model", "random-forest", "--marks", "second.marks.png"]
    names = ["--marks-phases", "smooth,rough"]
    assert segment("first.png", "second.png", *words, *names, "--out", "out") == 0
    assert (
        "second.png: random forest trained on second.marks.png (200 px of smooth, 100 px of rough)"
        in (capsys.readouterr().out)
    )
    for name, top in (("first", 20), ("second", 40)):
        labels = tifffile.imread(f"out/{name}.labels.tif")
        assert (labels == textures(top)[1]).mean() > 0.9
    assert {path.name for path in Path("out").glob("*.marks.png")} == {"second.marks.png"}

    told = json.loads(Path("out/first.run.json").read_text())
    assert told["model"]["phases"] == ["smooth", "rough"]
    forest = told["settings"]["forest"]
    assert (forest["image"], forest["marks_file"]) == ("second.png", "second.marks.png")
    assert forest["marked_pixels"] == {"smooth": 200, "rough": 100} and forest["seed"] == 0

    again = shlex.split(told["command"])
    assert again[:2] == ["lamella", "segment"]
    assert cli.main([*again[1:-1], "again"]) == 0
    for file in ("first.labels.tif", "first.objects.csv"):
        assert Path("out", file).read_bytes() == Path("again", file).read_bytes()
    digests = {json.loads(Path(d, "first.run.json").read_text())["result"]["digest"]
               for d in ("out", "again")}  # fmt: skip
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["--model", "random-forest"], "give it a mask with --marks MASK.png", 2),
        (["--model", "otsu", "--marks", "second.marks.png"], "otsu is not trained on marks", 2),
        (["--model", "random-forest", "--marks", "none.png"], "check the path of --marks", 1),
        (["--model", "random-forest", "--marks", "first.png"], "holds the value", 1),
        (
            ["--model", "random-forest", "--marks", "second.marks.png", "--marks-phases", "a"],
            "names 1 phases",
            1,
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
    code: int,
) -> None:
    monkeypatch.chdir(folder)
    assert segment("second.png", *words, "--out", "out") == code
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
