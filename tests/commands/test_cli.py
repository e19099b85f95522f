"""The terminal: names of files, exit codes, the form of the answers, and batches that go on."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import cli
from commands.app import has_screen, server_commands
from commands.terminal import batch
from core.errors import Cancelled, FormatError

REPOSITORY = Path(__file__).resolve().parents[2]
INFO_KEYS = [
    "name",
    "shape",
    "dtype",
    "pages",
    "pixel_size_nm",
    "pixel_size_source",
    "info_bar_rows",
    "top_bar_rows",
    "pixel_height_nm",
    "pixel_size_note",
    "pixel_size_choices",
    "pixels_without_grey_level",
]


def two_halves(height: int = 48, width: int = 64) -> np.ndarray:
    """Return (H, W) uint8: dark with a bright rectangle of 20 x 30 px at row 10, column 12."""
    pixels = np.full((height, width), 40, np.uint8)
    pixels[10:30, 12:42] = 220
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good and bad files side by side."""
    Image.fromarray(two_halves()).save(tmp_path / "good.png")
    tifffile.imwrite(
        tmp_path / "scaled.tif",
        two_halves(),
        imagej=True,
        resolution=(0.5, 0.5),
        metadata={"unit": "nm"},
    )
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(
        whole, "png"
    )
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:900])
    (tmp_path / "page.png").write_text("<!doctype html><html><body>Not found</body></html>")
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "huge.png").write_bytes(claim_of(100_000, 100_000))
    return tmp_path


def claim_of(width: int, height: int) -> bytes:
    """Return a PNG of one pixel whose header claims another size."""
    import struct
    import zlib

    small = io.BytesIO()
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(small, "png")
    content = bytearray(small.getvalue())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


BAD = ("cut.png", "page.png", "empty.tif", "huge.png", "absent.png")


def test_info_says_what_a_file_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["info", "--json", str(folder / "good.png"), str(folder / "scaled.tif")])
    good, scaled = json.loads(capsys.readouterr().out)
    assert code == 0
    assert list(good) == list(scaled) == INFO_KEYS
    assert good["name"] == "good.png"
    assert (good["shape"], good["dtype"], good["pages"]) == ([48, 64], "uint8", 1)
    assert good["pixel_size_nm"] is None and good["pixel_size_source"] is None
    assert scaled["pixel_size_nm"] == pytest.approx(2.0, rel=1e-6)
    assert "ImageJ" in scaled["pixel_size_source"]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "cp932:strict", "utf-8"])
@pytest.mark.parametrize("arguments", [["models"], ["models", "--json"], ["--help"]])
def test_any_encoding_of_the_output_will_do(encoding: str, arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "cli.py", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    text = ran.stdout.decode(encoding.partition(":")[0])
    if "--json" in arguments:
        phases = {phase for entry in json.loads(text) for phase in entry["phases"]}
        assert any("\N{GREEK SMALL LETTER GAMMA}" in phase for phase in phases)


def test_info_names_each_size_that_a_file_leaves_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[Scan]\nPixelWidth=5e-9\nPixelHeight={}\n[Image]\nResolutionX={}\nResolutionY={}\n"
    for name, sizes in {"crop": ("5e-9", 128, 96), "oblong": ("8e-9", 64, 48)}.items():
        tags = [(34682, "s", 0, text.format(*sizes), True)]
        options = {"photometric": "minisblack", "metadata": None, "extratags": tags}
        tifffile.imwrite(tmp_path / f"{name}.tif", two_halves(), **options)
    files = [str(tmp_path / f"{name}.tif") for name in ("crop", "oblong")]
    assert cli.main(["info", *files]) == 0
    crop, oblong = capsys.readouterr().out.splitlines()
    assert "5 nm/px (FEI tag 34682, if cropped) or 10 nm/px (FEI tag 34682, if bin" in crop
    assert "none is used, choose with --pixel-size" in crop
    assert "5 x 8 nm/px (FEI tag 34682)" in oblong
    assert cli.main(["info", "--json", *files]) == 0
    crop, oblong = json.loads(capsys.readouterr().out)
    assert [one["width_nm"] for one in crop["pixel_size_choices"]] == pytest.approx([5, 10])
    assert (oblong["pixel_size_nm"], oblong["pixel_height_nm"]) == pytest.approx((5, 8))


def test_info_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(folder / "good.png")]) == 0
    assert capsys.readouterr().out.startswith("good.png: 64 x 48 px, uint8, 1 page, no calibration")


def test_what_libraries_find_odd_in_a_file_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_short = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(50)
    image = Image.fromarray(np.arange(48 * 64, dtype=np.uint16).astype(np.uint8).reshape(48, 64))
    image.save(tmp_path / "odd.jpg", exif=cut_short)
    assert cli.main(["info", str(tmp_path / "odd.jpg")]) == 0
    assert "odd.jpg: 64 x 48 px, uint8" in capsys.readouterr().out


def test_info_goes_on_after_bad_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [*BAD[:3], "good.png", *BAD[3:]]
    code = cli.main(["info", "--json", *(str(folder / name) for name in names)])
    captured = capsys.readouterr()
    assert code == 1
    assert [entry["name"] for entry in json.loads(captured.out)] == ["good.png"]
    for name in BAD:
        about = [line for line in captured.err.splitlines() if str(folder / name) in line]
        assert len(about) == 1, (name, captured.err)
        assert about[0].startswith("lamella: ")
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["info"],
        ["fly"],
        ["segment", "image.png"],
        ["segment", "image.png", "--model", "particles", "--out", "x", "--info-bar", "some"],
        ["segment", "image.png", "--model", "particles", "--out", "x", "--info-bar", "left:9"],
        ["segment", "image.png", "--model", "particles", "--out", "x", "--device", "abacus"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: lamella" in capsys.readouterr().err


def test_help_needs_no_numbers_and_no_networks() -> None:
    heavy = "{'torch', 'numpy', 'streamlit', 'cv2', 'pandas'}"
    program = f"import sys, cli\ncli.build_parser()\nprint({heavy} & set(sys.modules) or 'light')"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "light"


def test_no_torch_where_no_network_runs(folder: Path, tmp_path: Path) -> None:
    image, out = str(folder / "good.png"), str(tmp_path / "out")
    commands = [["models"], ["info", image], ["segment", image, "--model", "otsu", "--out", out]]
    heavy = "{'torch', 'openvino', 'streamlit', 'sklearn', 'scipy.stats'}"
    program = (
        f"import sys, cli\ncodes = [cli.main(one) for one in {commands}]\n"
        f"print(codes, {heavy} & set(sys.modules) or 'light')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[0, 0, 0] light"


def test_the_next_file_is_read_and_the_last_written_while_one_is_worked_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each of the three waits for the two others: one after the other they would wait forever."""
    paths = [Path(name) for name in ("1.tif", "2.tif", "3.tif", "4.tif")]
    together, written = threading.Barrier(3, timeout=60), []

    def read(path: Path) -> str:
        if path.name == "3.tif":
            together.wait()
        return path.stem

    def work(path: Path, image: str) -> str:
        if path.name == "2.tif":
            together.wait()
        if path.name == "4.tif":
            raise FormatError("4.tif is damaged; copy it again.")
        return image * 2

    def write(path: Path, made: str) -> None:
        if path.name == "1.tif":
            together.wait()
        if path.name == "3.tif":
            raise PermissionError(13, "Permission denied")
        written.append(made)

    assert batch.in_stages(paths, read, work, write) == 1
    assert written == ["11", "22"]
    said = capsys.readouterr().err.splitlines()
    assert sorted(said) == [
        "lamella: 3.tif: Permission denied; check the path and its permissions.",
        "lamella: 4.tif is damaged; copy it again.",
    ]
    assert batch.in_stages([], read, work, write) == 0


def test_what_comes_before_writing_is_done_while_the_first_file_is_worked_on() -> None:
    ready, order = threading.Event(), []

    def work(path: Path, image: str) -> str:
        assert ready.wait(60)
        order.append("work")
        return image

    def before_writing() -> None:
        order.append("before")
        ready.set()

    def write(path: Path, made: str) -> None:
        order.append(f"write {made}")

    paths = [Path("1.tif")]
    batch.in_stages(paths, lambda path: path.stem, work, write, before_writing=before_writing)
    assert order == ["before", "work", "write 1"]


def test_what_fails_before_writing_ends_the_batch() -> None:
    """Nothing can be written then; the second image may be with the network by then."""
    failed, done = threading.Event(), []

    def before_writing() -> None:
        failed.set()
        raise ImportError("no module for tables")

    def work(path: Path, image: str) -> str:
        assert failed.wait(60)
        done.append(image)
        return image

    def write(path: Path, made: str) -> None:
        done.append(f"wrote {made}")

    paths = [Path(f"{one}.tif") for one in (1, 2, 3)]
    with pytest.raises(ImportError, match="no module for tables"):
        batch.in_stages(paths, lambda path: path.stem, work, write, before_writing=before_writing)
    assert done in (["1"], ["1", "2"])


def test_a_batch_names_each_failure_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    errors = {
        "a/x.tif": FormatError("x.tif is damaged; copy it again."),
        "b/x.tif": PermissionError(13, "Permission denied"),
        "c/x.tif": ZeroDivisionError("division by zero"),
    }
    done = []

    def work(path: Path) -> None:
        if error := errors.get(str(path)):
            raise error
        done.append(path)

    assert batch.for_each([Path(name) for name in (*errors, "d/x.tif")], work) == 1
    assert done == [Path("d/x.tif")]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "lamella: a/x.tif is damaged; copy it again."
    assert lines[1].startswith("lamella: b/x.tif: Permission denied")
    assert lines[2].startswith("lamella: c/x.tif: ") and "ZeroDivisionError" in lines[2]
    assert len(lines) == 3


def test_a_batch_without_failure_is_0() -> None:
    assert batch.for_each([Path("x")], lambda path: None) == 0


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Cancelled()])
def test_a_stop_ends_the_batch_with_130(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stop: BaseException,
) -> None:
    def stopped(path: Path, page: int) -> None:
        raise stop

    monkeypatch.setattr("commands.info.read_image", stopped)
    assert cli.main(["info", str(folder / "good.png"), str(folder / "scaled.tif")]) == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.run.json"
    batch.write_whole(target, b"first")

    def full(self: Path, content: bytes) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        batch.write_whole(target, b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["x.run.json"]
    assert target.read_text() == "first"


def test_progress_is_for_terminals_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = batch.progress_line("x.tif: tile")
    show(1, 4)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show(2, 4)
    show(4, 4)
    assert capsys.readouterr().err == "\r\033[Kx.tif: tile 2 of 4\r\033[K"


@pytest.mark.parametrize(
    ("environment", "platform", "terminal", "opens"),
    [
        ({"DISPLAY": ":0"}, "linux", True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, True),
        ({}, "darwin", True, True),
        ({}, "linux", True, False),
        ({"DISPLAY": ":0"}, "linux", False, False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "linux", True, False),
        ({"DISPLAY": ":0", "STREAMLIT_SERVER_HEADLESS": "true"}, "linux", True, False),
    ],
)
def test_a_browser_opens_only_where_somebody_sits(
    environment: dict[str, str], platform: str, terminal: bool, opens: bool
) -> None:
    assert has_screen(environment, platform, terminal) is opens


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def running_app(free_port: int, tmp_path: Path) -> Iterator[int]:
    """Start ``lamella app`` from a folder that is not the repository's."""
    server = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "cli.py"), "app", "--port", str(free_port)],
        cwd=tmp_path,
        env={**os.environ, "LAMELLA_WORKSPACE": "workspace"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield free_port
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def get(address: str) -> str:
    """Return what an address answers, waiting for the server to come up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_app_starts_from_anywhere_and_says_when_the_port_is_taken(
    running_app: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get(f"http://127.0.0.1:{running_app}/_stcore/health") == "ok"
    assert cli.main(["app", "--port", str(running_app)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1:{running_app}" in line and "--port" in line


def test_app_gives_streamlit_the_upload_limit(
    monkeypatch: pytest.MonkeyPatch,
    free_port: int,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(tmp_path))
    for limit, megabytes in ((3_000_001, 4), (200_000_000, 200)):
        monkeypatch.setenv("LAMELLA_MAX_FILE_BYTES", str(limit))
        command = next(server_commands("127.0.0.1", free_port, False))
        assert f"--server.maxUploadSize={megabytes}" in command
    monkeypatch.setenv("LAMELLA_MAX_FILE_BYTES", "lots")
    assert cli.main(["app", "--port", str(free_port)]) == 1
    assert "LAMELLA_MAX_FILE_BYTES" in capsys.readouterr().err
