"""``lamella measure``: many images to one result, interrupted, resumed, and on a cluster."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from PIL import Image

import cli
from commands.terminal.fields import Clock, Measurer, time_left

RADII = {"a/1.png": 8, "a/2.png": 9, "a/3.png": 10, "b/1.png": 14, "b/4.png": 15, "b/5.png": 16}
FILES = ("fields.csv", "objects.csv", "summary.json", "report.html", "report.pdf")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of images with six discs each, whose radius differs by image."""
    folder = tmp_path_factory.mktemp("images")
    down, right = np.mgrid[:120, :180]
    for name, radius in RADII.items():
        pixels = np.random.default_rng(radius).integers(20, 50, (120, 180), np.uint8)
        for row in (30, 85):
            for column in (30, 90, 150):
                pixels[(down - row) ** 2 + (right - column) ** 2 < radius**2] += 170
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / name)
    (folder / "notes.doc").write_bytes(b"not looked at")
    return folder


@pytest.fixture(scope="module")
def groups(images: Path) -> Path:
    path = images / "groups.csv"
    rows = [f"{name.partition('/')[2]},{name[0]}" for name in RADII if "1.png" not in name]
    path.write_text("\n".join(["file,specimen", *rows]), "utf-8")
    return path


@pytest.fixture(scope="module")
def measured(images: Path, groups: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run."""
    out = tmp_path_factory.mktemp("measured")
    assert measure(images, "--out", out, "--groups", groups) == 0
    return out


def measure(*words: object) -> int:
    given = ["measure", "--model", "otsu", "--pixel-size", "10", "--info-bar", "none", *words]
    return cli.main([str(word) for word in given])


def without_times(out: Path) -> dict[str, object]:
    """Return the files of a run, the time of day taken out; of the PDF its text."""
    found: dict[str, object] = {}
    for name in FILES:
        if name.endswith("pdf"):
            with pypdfium2.PdfDocument(out / name) as document:
                text = "".join(page.get_textpage().get_text_bounded() for page in document)
        else:
            text = (out / name).read_text("utf-8")
        found[name] = re.sub(r"20\d\d-\d\d-\d\d.\d\d:\d\d(:\d\dZ)?", "TIME", text)
    return found


def test_a_row_a_field_and_a_row_an_object(measured: Path) -> None:
    fields = pd.read_csv(measured / "fields.csv")
    # Names that two folders have get their folder.
    assert fields.field.tolist() == ["a/1.png", "2.png", "3.png", "b/1.png", "4.png", "5.png"]
    np.testing.assert_allclose(fields.d50_nm, [20 * one for one in RADII.values()], rtol=0.02)
    assert (fields.d50_nm_low <= fields.d50_nm).all()
    assert fields["count"].tolist() == [6] * 6
    assert fields.specimen.fillna("").tolist() == ["", "a", "a", "", "b", "b"]
    assert set(fields.pixel_size_source) == {"typed by user"}
    objects = pd.read_csv(measured / "objects.csv")
    assert objects.columns[0] == "field"
    assert objects.field.value_counts().to_dict() == dict.fromkeys(fields.field, 6)


def test_the_summary_pools_the_fields_and_compares_the_groups(measured: Path) -> None:
    told = json.loads((measured / "summary.json").read_text("utf-8"))
    assert (told["fields"], told["objects"], told["failed"]) == (6, 36, [])
    assert told["headline"]["key"] == "d50"
    assert told["headline"]["low_95"] < told["headline"]["value"] < told["headline"]["high_95"]
    assert told["model"]["name"] == "otsu"
    assert told["engines"] == ["cpu, float32"]
    (comparison,) = told["groups"]
    assert comparison["groups"] == ["a", "b"]
    assert "too few for a test" in comparison["in_words"]


def test_no_number_in_any_file_is_none(measured: Path) -> None:
    for name, text in without_times(measured).items():
        assert not re.search(r"\b(nan|inf|Infinity|NaN)\b", str(text)), name


def test_resume_measures_what_is_missing_and_gives_the_same_files(
    images: Path,
    groups: Path,
    measured: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen = stop_at(monkeypatch, "b/1.png")
    words = (images, "--out", tmp_path, "--groups", groups)
    assert measure(*words) == 130
    assert "--resume goes on" in capsys.readouterr().err
    assert not (tmp_path / "fields.csv").exists()
    assert len(list((tmp_path / "fields").glob("*.field.json"))) == 3
    # One is damaged, and one was made with other settings.
    records = sorted((tmp_path / "fields").glob("*.field.json"))
    records[0].write_bytes(records[0].read_bytes()[:500])
    told = json.loads(records[1].read_bytes())
    records[1].write_text(json.dumps(told | {"request": "another"}))
    seen.clear()
    monkeypatch.undo()
    seen = stop_at(monkeypatch, "")
    assert measure(*words, "--resume") == 0
    assert len(seen) == 5
    assert "1 of 6 fields were measured before" in capsys.readouterr().err
    assert without_times(tmp_path) == without_times(measured)


def stop_at(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Stop as Ctrl-C does at a field, and return the names of those that are segmented."""
    seen: list[str] = []
    real = Measurer.segment

    def segment(self, field, *others):  # type: ignore[no-untyped-def]
        if field.name == name:
            raise KeyboardInterrupt
        seen.append(field.name)
        return real(self, field, *others)

    monkeypatch.setattr(Measurer, "segment", segment)
    return seen


def test_one_field_is_measured_while_the_next_is_segmented(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=30)
    segment, measured = Measurer.segment, Measurer.measure

    def segments(self, field, *others):  # type: ignore[no-untyped-def]
        if field.name == "2.png":
            both.wait()
        return segment(self, field, *others)

    def measures(self, field, *others):  # type: ignore[no-untyped-def]
        if field.name == "1.png":
            both.wait()
        return measured(self, field, *others)

    monkeypatch.setattr(Measurer, "segment", segments)
    monkeypatch.setattr(Measurer, "measure", measures)
    assert measure(images / "a" / "1.png", images / "a" / "2.png", "--out", tmp_path) == 0


def test_a_bad_file_is_listed_and_stops_no_other(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("<html>")
    out = tmp_path / "out"
    assert measure(images / "a" / "1.png", bad, "--out", out, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["fields"] == 1
    assert told["failed"] == [{"file": str(bad), "reason": told["failed"][0]["reason"]}]
    assert "web page" in told["failed"][0]["reason"]
    assert told["headline"]["reason"] or told["headline"]["low_95"] is not None
    assert "bad.png" in (out / "report.html").read_text("utf-8")


def test_a_forest_measures_many_images_from_marks_on_one(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = np.zeros((120, 180), np.uint8)
    marks[:5, :60], marks[27:33, 27:33] = 1, 2
    Image.fromarray(marks).save(tmp_path / "1.marks.png")
    words = ("--model", "random-forest", "--marks", tmp_path / "1.marks.png", "--json")
    assert measure(images / "a", *words, "--out", tmp_path / "out") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["fields"] == 3
    assert "random forest trained on" in captured.err


def test_images_without_anything_to_measure_give_words_and_no_numbers(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, pixels in (
        ("blank", np.full((90, 90), 77)),
        ("edge", np.repeat([[0] * 45 + [200] * 45], 90, axis=0)),
    ):
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}.png")
    found = (tmp_path / "blank.png", tmp_path / "edge.png")
    out = tmp_path / "out"
    assert measure(*found, "--out", out) == 0
    assert "D50: no value" in capsys.readouterr().out
    assert measure(*found, images / "a" / "1.png", "--out", out) == 0
    found_nm = re.search(r"3 fields: D50 = ([\d.]+) nm", capsys.readouterr().out)
    assert found_nm and float(found_nm[1]) == pytest.approx(2 * 8 * 10, rel=0.02)
    for text in without_times(out).values():
        assert not re.search(r"\b(nan|inf|Infinity|NaN)\b", str(text))


def test_no_image_that_can_be_measured_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_text("<html>")
    assert measure(tmp_path / "bad.png", "--out", tmp_path / "out") == 1
    assert "No image could be measured" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pixel-size-error", "-1"), "--pixel-size-error"),
        (("--groups", "{images}/missing.csv"), "check the path"),
        (("--groups", "{images}/notes.doc"), "needs a line of column names"),
        (("--groups", "{images}/other.csv"), "names none of the 6 images"),
        (("--model", "unknown"), "no model 'unknown'"),
    ],
)
def test_wrong_usage_is_one_sentence_before_any_work(
    images: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (images / "other.csv").write_text("file,group\nx.png,1\n")
    given = [word.format(images=images) for word in words]
    assert measure(images, "--out", tmp_path / "out", *given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out").exists()


def test_the_time_left_follows_from_what_is_done() -> None:
    # The first field takes as long as the network is loaded.
    ticks = iter([60.0, 70.0, 80.0])
    clock = Clock(4, lambda: next(ticks))
    places = [clock.one_more() for _ in range(4)]
    assert places == ["1 of 4", "2 of 4, about 20 s left", "3 of 4, about 10 s left", "4 of 4"]
    assert time_left(840) == "about 14 min left"
    assert time_left(9000) == "about 2.5 h left"


@pytest.fixture
def cluster() -> Iterator[object]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


def test_a_cluster_gives_the_same_files_though_a_worker_is_killed(
    cluster, images: Path, groups: Path, measured: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one_at_work() -> None:
        """Kill a worker that has an image in hand, once a field is done."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not killed:
            time.sleep(0.01)
            at_work = [one.name for one in cluster.scheduler.workers.values() if one.processing]
            if at_work and list(tmp_path.glob("fields/*.field.json")):
                killed.append(cluster.workers[at_work[0]].pid)
                os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one_at_work)
    killer.start()
    words = (images, "--out", tmp_path, "--groups", groups, "--scheduler")
    assert measure(*words, cluster.scheduler_address) == 0
    killer.join()
    assert killed
    assert without_times(tmp_path) == without_times(measured)


def test_a_scheduler_that_is_not_there_is_a_sentence(
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster_module = pytest.importorskip("commands.terminal.cluster")
    monkeypatch.setattr(cluster_module, "SECONDS_TO_CONNECT", 0.2)
    words = (images, "--out", tmp_path, "--scheduler", "tcp://127.0.0.1:1")
    assert measure(*words) == 1
    assert "dask scheduler" in capsys.readouterr().err
