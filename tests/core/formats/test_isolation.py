"""Readers in a process of their own: what a bad file may do to them, and to nobody else."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core import formats
from core.errors import DataError, FormatError, LimitError
from core.formats.isolation import own_folder, running
from core.formats.isolation.masks import isolated_mask
from core.formats.isolation.running import run_isolated
from core.segmentation.forest.marks import mask_png
from core.settings import Limits

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these limits")
RAMP = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


def tiff(pixels=RAMP, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def run(reader, limits=None):
    files = {"image": b"\1\2\3"}
    job = {"name": "bad.tif", "number": 7}
    function = f"tests.core.formats.bad_readers:{reader}"
    return run_isolated(function, files, job, "bad.tif", limits or Limits())


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def way(request, monkeypatch):
    """Both ways to a child: forked from a server, and started from nothing."""
    if request.param and not running.CAN_FORK:
        pytest.skip("only Linux forks")
    monkeypatch.setattr(running, "CAN_FORK", request.param)


def test_what_a_reader_returns_comes_back_and_its_folder_goes(way):
    answer = run("answers")
    assert answer.arrays["frame"].tolist() == [1, 2, 3]
    assert answer.facts["number"] == 7
    assert not Path(answer.facts["folder"]).exists()


def test_a_reader_that_crashes_is_a_sentence(way):
    with pytest.raises(FormatError, match=r"bad\.tif crashed its reader"):
        run("crashes")


@on_linux
@pytest.mark.parametrize("reader", ["sleeps", "spins"])
def test_a_reader_that_hangs_is_ended(reader):
    begun = time.perf_counter()
    with pytest.raises(LimitError, match=r"longer than 1 s .* LAMELLA_MAX_SECONDS"):
        run(reader, Limits(seconds=1))
    assert time.perf_counter() - begun < 30


def test_where_no_alarm_rings_the_parent_ends_it(monkeypatch):
    monkeypatch.setattr(running, "CAN_FORK", False)
    monkeypatch.setattr(running, "_GRACE_SECONDS", -29.5)
    with pytest.raises(LimitError, match=r"longer than 30 s"):
        run("sleeps")


@on_linux
def test_a_reader_that_takes_memory_is_a_sentence():
    with pytest.raises(LimitError, match=r"bad\.tif needs more memory"):
        run("takes_memory")


@on_linux
@pytest.mark.parametrize("reader", ["writes_much", "opens_many", "fails"])
def test_a_reader_without_limits_is_a_sentence(reader):
    small = Limits(file_bytes=1_000_000, decoded_bytes=1_000_000, pixels=1000)
    with pytest.raises(FormatError, match=r"bad\.tif crashed its reader"):
        run(reader, small)


def test_a_full_disk_is_a_sentence(monkeypatch):
    def full(folder, files):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(running, "_write", full)
    with pytest.raises(LimitError, match=r"bad\.tif does not fit .* \(No space left on device\)"):
        run("answers")


def test_a_refusal_keeps_its_words(way):
    with pytest.raises(DataError, match=r"^bad\.tif is not what it says\.$"):
        run("refuses")


@on_linux
def test_after_a_crash_and_after_the_server_was_killed_the_next_file_is_read():
    for reader in ("crashes", "answers"):
        try:
            run(reader)
        except FormatError:
            continue
    server = running._server()
    server._process.kill()
    server._process.wait()
    assert run("answers").facts["number"] == 7


@on_linux
def test_files_are_read_side_by_side_from_threads():
    found = []
    threads = [threading.Thread(target=lambda: found.append(run("answers"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.arrays["frame"].sum() for answer in found] == [6] * 6
    assert len({answer.facts["folder"] for answer in found}) == 6


def test_an_image_comes_back_as_it_is_read_here():
    pixels = RAMP.astype(np.float32)
    pixels[5, 7] = np.nan
    data = tiff(pixels, resolution=(50_000, 50_000), resolutionunit="CENTIMETER")
    sidecars = {"a.txt": b"$CM_FORMAT\n", "b.hdr": b"[MAIN]\n"}
    here = formats.read(data, "a.tif", sidecars=sidecars)
    isolated = formats.read_isolated(data, "a.tif", sidecars=sidecars)
    np.testing.assert_array_equal(isolated.pixels, here.pixels)
    np.testing.assert_array_equal(isolated.valid, here.valid)
    assert here.valid is not None
    others = set(type(here).__dataclass_fields__) - {"pixels", "valid"}
    assert {name: getattr(isolated, name) for name in others} == {
        name: getattr(here, name) for name in others
    }


def test_a_codec_in_a_tiff_needs_no_second_child():
    data = tiff((RAMP // 12).astype(np.uint8), compression="jpeg")
    here, isolated = formats.read(data, "j.tif"), formats.read_isolated(data, "j.tif")
    np.testing.assert_array_equal(isolated.pixels, here.pixels)
    assert here.shape == RAMP.shape


def test_an_unreadable_file_is_the_same_sentence():
    with pytest.raises(FormatError) as here:
        formats.read(b"no image", "a.tif")
    with pytest.raises(FormatError) as isolated:
        formats.read_isolated(b"no image", "a.tif")
    assert str(isolated.value) == str(here.value)


def test_a_mask_is_decoded_in_a_child():
    values = np.zeros((8, 9), np.uint8)
    values[2, 3] = 5
    np.testing.assert_array_equal(isolated_mask(mask_png(values), "m.png", (8, 9)), values)
    with pytest.raises(DataError, match=r"m\.png is 9 x 8 px and its image 8 x 9 px"):
        isolated_mask(mask_png(values), "m.png", (9, 8))


@on_linux
def test_the_server_ends_with_its_process_and_leaves_nothing_behind(tmp_path):
    program = (
        "from core.formats.isolation import running\n"
        "running.start_readers()\n"
        "print(running._server()._process.pid, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    import subprocess

    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    pid = int(ended.stdout)
    until = time.monotonic() + 20
    while Path(f"/proc/{pid}/cmdline").exists() and time.monotonic() < until:
        if not Path(f"/proc/{pid}/cmdline").read_bytes():
            break  # ended, and not waited for by whoever inherited it
        os.sched_yield()
    assert time.monotonic() < until
    assert list(tmp_path.iterdir()) == []


@on_linux
def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(own_folder.tempfile, "tempdir", str(tmp_path))
    long_ago = time.time() - 2 * own_folder.YOUNG_SECONDS
    killed, new, foreign = (
        tmp_path / name for name in ("lamella-read-a", "lamella-read-b", "other")
    )
    for one in (killed, new, foreign):
        one.mkdir()
        (one / "image").write_bytes(b"1")
    with own_folder.own_folder() as living:
        for one in (killed, foreign, living):
            os.utime(one, (long_ago, long_ago))
        own_folder.remove_left_behind()
        assert sorted(tmp_path.iterdir()) == sorted([new, foreign, living])
    assert sorted(tmp_path.iterdir()) == sorted([new, foreign])
