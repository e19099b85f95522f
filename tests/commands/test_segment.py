"""``lamella segment``: its files, its exit codes, its batches; with a network of known answer."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

import cli
import models.classifiers
import models.zoo
from core.analysis.analyse import analyse
from core.formats import read_file
from core.segmentation.engines.engine import Engine
from core.segmentation.settings import ObjectSettings
from tests.threshold_model import CARD, threshold_network

REPOSITORY = Path(__file__).resolve().parents[2]
SUFFIXES = {"labels.tif", "objects.tif", "objects.csv", "run.json"}


@pytest.fixture
def zoo(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    """Put the threshold in the place of the trained models."""

    def load(
        name: str,
        device: str = "auto",
        precision: str = "auto",
        backend: str | None = None,
        careful: bool = False,
    ) -> Engine:
        return Engine({CARD.name: CARD}[name], threshold_network(), device, precision)

    monkeypatch.setattr("models.zoo.CARDS", {CARD.name: CARD})
    monkeypatch.setattr("models.zoo.load", load)
    return load


def rectangle(rows: int = 96, columns: int = 128) -> np.ndarray:
    """Return (H, W) uint8, dark with one bright rectangle of 20 x 30 px at row 40, column 50."""
    pixels = np.random.default_rng(0).integers(25, 35, (rows, columns), np.uint8)
    pixels[40:60, 50:80] += 190
    return pixels


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "Au on C, 20.5 kX (1).png"
    Image.fromarray(rectangle()).save(path)
    return path


def segment(*arguments: object) -> int:
    return cli.main(["segment", "--model", "threshold", *(str(one) for one in arguments)])


def test_the_files_of_an_image(zoo: Callable[..., Engine], image: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "results"
    assert segment(image, "--out", out, "--info-bar", "none", "--device", "cpu") == 0
    stem = "Au on C, 20.5 kX (1)"
    assert {path.name for path in out.iterdir()} == {f"{stem}.{suffix}" for suffix in SUFFIXES}

    labels = tifffile.imread(out / f"{stem}.labels.tif")
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, rectangle() > 128)
    objects = tifffile.imread(out / f"{stem}.objects.tif")
    assert objects.dtype == np.uint32
    np.testing.assert_array_equal(objects > 0, rectangle() > 128)

    (row,) = csv.DictReader((out / f"{stem}.objects.csv").read_text("utf-8").splitlines())
    assert float(row["area_px2"]) == 600
    assert not [name for name in row if "_nm" in name]
    run = json.loads((out / f"{stem}.run.json").read_text("utf-8"))
    assert read_file(image).digest in json.dumps(run)


def test_a_later_page_is_reached_and_the_first_says_that_there_is_one(
    zoo: Callable[..., Engine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = tmp_path / "stack.tif"
    with tifffile.TiffWriter(stack) as writer:
        writer.write(rectangle(), photometric="minisblack")
        writer.write(rectangle()[:60], photometric="minisblack")
    out = tmp_path / "out"
    assert segment(stack, "--out", out) == 0
    assert "page 1 of 2 is segmented; --page 2" in capsys.readouterr().err
    assert segment(stack, "--out", out, "--page", "2") == 0
    assert "is segmented; --page" not in capsys.readouterr().err
    assert tifffile.imread(out / "stack.labels.tif").shape == (96, 128)
    assert tifffile.imread(out / "stack.page2.labels.tif").shape == (60, 128)
    run = json.loads((out / "stack.page2.run.json").read_text("utf-8"))
    assert run["input"]["page"] == 1 and "--page 2 " in run["command"]
    assert segment(stack, "--out", out, "--page", "3") == 1
    assert "page 3 was asked for, counted from 1; choose 1 to 2" in capsys.readouterr().err


def test_a_size_that_the_file_leaves_open_is_chosen_by_an_option(
    zoo: Callable[..., Engine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[Scan]\nPixelWidth=5e-9\nPixelHeight=8e-9\n[Image]\nResolutionX=256\nResolutionY=192\n"
    tags = [(34682, "s", 0, text, True)]
    crop = tmp_path / "crop.tif"
    tifffile.imwrite(crop, rectangle(), metadata=None, extratags=tags, photometric="minisblack")
    assert segment(crop, "--out", tmp_path / "out") == 0
    assert "give --pixel-size 5x8 or --pixel-size 10x16." in capsys.readouterr().err
    assert segment(crop, "--out", tmp_path / "out", "--pixel-size", "10 x 16 nm") == 0
    assert "--pixel-size" not in capsys.readouterr().err


def test_a_typed_pixel_size_gives_nm(
    zoo: Callable[..., Engine], image: Path, tmp_path: Path
) -> None:
    assert segment(image, "--out", tmp_path, "--pixel-size", "2", "--info-bar", "0") == 0
    (row,) = csv.DictReader((tmp_path / f"{image.stem}.objects.csv").read_text().splitlines())
    assert float(row["area_nm2"]) == pytest.approx(600 * 4)
    assert "typed by user" in (tmp_path / f"{image.stem}.run.json").read_text()


SETTINGS = (
    *("--split", "0.2", "--min-area", "601", "--min-confidence", "0.5"),
    *("--keep-holes", "--grey-edge"),
)


def test_settings_of_objects_are_options(
    zoo: Callable[..., Engine], image: Path, tmp_path: Path
) -> None:
    settings = []
    for out, options in (
        (tmp_path / "usual", ()),
        (tmp_path / "set", SETTINGS),
    ):
        assert segment(image, "--out", out, "--info-bar", "none", *options) == 0
        run = json.loads(next(out.glob("*.run.json")).read_text())
        settings.append(ObjectSettings(**run["settings"]["objects"]))
    assert settings[0] == ObjectSettings()
    assert settings[1] == ObjectSettings(0.2, 601, False, False, 0.5, at_grey_edge=True)
    assert " ".join(SETTINGS) in run["command"]
    # The rectangle of 600 px² is too small now.
    assert next((tmp_path / "set").glob("*.objects.csv")).read_text().count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [("--split", "1.1"), ("--split", "nan"), ("--split", "much"), ("--min-area", "0")],
)
def test_settings_of_objects_out_of_range_are_told(
    image: Path, tmp_path: Path, options: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        segment(image, "--out", tmp_path / "out", *options)
    assert f"argument {options[0]}: {options[1]!r} is" in capsys.readouterr().err


def test_rows_of_an_info_bar_are_0(zoo: Callable[..., Engine], image: Path, tmp_path: Path) -> None:
    assert segment(image, "--out", tmp_path, "--info-bar", "40") == 0
    labels = tifffile.imread(tmp_path / f"{image.stem}.labels.tif")
    assert labels.shape == (96, 128)
    assert labels[56:].sum() == 0
    assert labels.sum() == 16 * 30


@pytest.mark.parametrize(
    ("option", "top", "bottom"),
    [("top:45", 45, 0), ("top:45,30", 45, 30), ("bottom:40", 0, 40), ("none", 0, 0)],
)
def test_rows_of_an_info_bar_at_the_top_are_0(
    zoo: Callable[..., Engine], image: Path, tmp_path: Path, option: str, top: int, bottom: int
) -> None:
    assert segment(image, "--out", tmp_path, "--info-bar", option, "--pixel-size", "2") == 0
    labels = tifffile.imread(tmp_path / f"{image.stem}.labels.tif")
    expected = rectangle() > 128
    expected[:top] = expected[96 - bottom :] = False
    np.testing.assert_array_equal(labels, expected)
    run = json.loads((tmp_path / f"{image.stem}.run.json").read_text("utf-8"))
    assert (run["input"]["top_bar_rows"], run["input"]["info_bar_rows"]) == (top, bottom)
    (row,) = csv.DictReader((tmp_path / f"{image.stem}.objects.csv").read_text().splitlines())
    assert float(row["area_nm2"]) == expected.sum() * 4
    named = f"top:{top},{bottom}" if top else str(bottom)
    assert f"--info-bar {named} " in run["command"]


def test_a_letter_that_the_output_lacks_fails_no_result(image: Path, tmp_path: Path) -> None:
    odd = tmp_path / "Körnung γ 5 µm.png"
    odd.write_bytes(image.read_bytes())
    ran = subprocess.run(
        [sys.executable, "cli.py", "segment", odd, "--model", "otsu", "--out", tmp_path / "out"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / f"{odd.stem}.labels.tif").is_file()
    assert rb"K\xf6rnung \u03b3 5 \xb5m" in ran.stdout


def test_networks_that_were_converted_once_need_neither_pytorch_nor_scipy(
    image: Path, tmp_path: Path
) -> None:
    models.zoo.load("particles", "cpu")
    models.classifiers.micrograph_classifier()
    heavy = "{'torch', 'scipy', 'xlsxwriter', 'core.workspace'} & set(sys.modules)"
    look = f"import sys, cli; code = cli.main(sys.argv[1:]); sys.exit(code or len({heavy}))"
    words = ["segment", image, "--model", "particles", "--out", tmp_path, "--device", "cpu"]
    ran = subprocess.run([sys.executable, "-c", look, *words], cwd=REPOSITORY, timeout=120)
    assert ran.returncode == 0
    engine = json.loads((tmp_path / f"{image.stem}.run.json").read_text())["engine"]
    assert engine["backend"] == "openvino"


def test_the_same_labels_as_one_call(
    zoo: Callable[..., Engine], image: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(3).integers(0, 255, (70, 90), np.uint8)
    Image.fromarray(random).save(tmp_path / "noise.png")
    assert segment(tmp_path / "noise.png", "--out", tmp_path / "out") == 0
    analysis = analyse(read_file(tmp_path / "noise.png"), zoo("threshold"))
    labels = tifffile.imread(tmp_path / "out" / "noise.labels.tif")
    np.testing.assert_array_equal(labels, analysis.segmentation.labels)
    objects = tifffile.imread(tmp_path / "out" / "noise.objects.tif")
    np.testing.assert_array_equal(objects, analysis.objects)


def test_a_bad_file_stops_no_other(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "page.png").write_text("<html><body>Not found</body></html>")
    (tmp_path / "cut.png").write_bytes(image.read_bytes()[:80])
    Image.fromarray(rectangle()[:8, :8]).save(tmp_path / "tiny.png")
    bad = [tmp_path / name for name in ("page.png", "cut.png", "tiny.png", "absent.tif")]
    assert segment(*bad[:2], image, *bad[2:], "--out", tmp_path / "out") == 1
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"{image.stem}.{suffix}" for suffix in SUFFIXES}
    lines = capsys.readouterr().err.splitlines()
    for path in bad:
        assert len([line for line in lines if str(path) in line]) == 1, lines


def test_two_inputs_of_one_stem_do_not_overwrite_each_other(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twin = tmp_path / "other" / f"{image.stem.upper()}.tif"
    twin.parent.mkdir()
    tifffile.imwrite(twin, np.zeros((64, 64), np.uint8))
    assert segment(image, twin, "--out", tmp_path / "out") == 1
    labels = tifffile.imread(tmp_path / "out" / f"{image.stem}.labels.tif")
    assert labels.shape == (96, 128)
    assert len(list((tmp_path / "out").iterdir())) == 4
    (line,) = [line for line in capsys.readouterr().err.splitlines() if str(twin) in line]
    assert str(image) in line and "--out" in line


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--model", "carbon"], 2, "threshold"),
        (["--pixel-size", "0"], 2, "--pixel-size"),
        (["--pixel-size", "nan"], 2, "--pixel-size"),
        (["--pixel-size", "1x2x3"], 2, "--pixel-size"),
        (["--out", "{image}"], 2, "--out"),
        (["--info-bar", "96"], 1, "96"),
        (["--careful"], 2, "--careful: Threshold has no slower answer that is better"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    given = [argument.format(image=image) for argument in arguments]
    assert segment(image, "--out", tmp_path / "out", *given) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "untrained" not in line]
    assert len(lines) == 1 and said in lines[0]


def test_a_gpu_asked_for_and_absent(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert segment(image, "--out", tmp_path / "out", "--device", "cuda") == 1
    assert "cuda" in capsys.readouterr().err.splitlines()[-1]


def test_ctrl_c_keeps_what_was_finished(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = tmp_path / "second.png"
    Image.fromarray(rectangle()).save(second)

    def stop_at_second(path: Path, page: int) -> object:
        if path == second:
            raise KeyboardInterrupt
        return read_file(path)

    monkeypatch.setattr("commands.segment.read_image", stop_at_second)
    assert segment(image, second, "--out", tmp_path / "out") == 130
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_an_untrained_model_says_so(
    zoo: Callable[..., Engine],
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert segment(image, "--out", tmp_path / "out") == 0
    assert "'threshold' is untrained" in capsys.readouterr().err


def test_models_lists_the_zoo(
    zoo: Callable[..., Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)[0]
    assert list(entry) == ["name", "title", "origin", "phases", "parameters", "data", "scores"]
    assert entry["phases"] == ["background", "particle"]
    assert entry["parameters"] == 4
    assert cli.main(["models"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("threshold: Threshold. ")
    assert "4 parameters" in text and "untrained" in text


def test_foreign_material_is_doubted_above_the_result(
    shared_data: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steel = shared_data("carbon_steel", "images", "uhcs0075.tif")
    small = tmp_path / "steel.png"
    Image.fromarray((read_file(steel).pixels[:256, :256] * 255).astype(np.uint8)).save(small)
    assert cli.main(["segment", str(small), "--model", "particles", "--out", str(tmp_path)]) == 0
    said = [line for line in capfd.readouterr().err.splitlines() if "check the result" in line]
    assert "our images of particles" in said[0]
    run = json.loads((tmp_path / "steel.run.json").read_text("utf-8"))
    assert "our images of particles" in run["result"]["warnings"][0]
