"""What every test shares: real data, a browser, fixed seeds, no network.

``LAMELLA_TEST_ALL=1`` turns every test that is left out (skipped or expected to fail) into a
failure. ``LAMELLA_SHARED_DATA`` names another folder than ``../shared/data`` for the real files.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
TEST_ALL = os.environ.get("LAMELLA_TEST_ALL") == "1"
SHARED_DATA = Path(
    os.environ.get("LAMELLA_SHARED_DATA") or REPOSITORY.parent / "shared" / "data"
).absolute()

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PLACES = (
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/opt/google/chrome/chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NO_CHROMIUM = (
    "no Chromium found, so the browser tests are left out; "
    "get one with `apt-get install chromium` (Debian) or install Google Chrome"
)

# Limits and samples of the person who runs the tests must not decide their outcome.
_PERSONAL = ("LAMELLA_MAX_", "LAMELLA_MIN_", "LAMELLA_SAMPLES", "LAMELLA_OWNER", "LAMELLA_KEEP_")
_PERSONAL += ("LAMELLA_FOREIGN_MODELS",)
for _name in [name for name in os.environ if name.startswith(_PERSONAL)]:
    del os.environ[_name]
# What the tests convert and fetch is of one run; files that run side by side share it.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _data = tempfile.TemporaryDirectory(prefix="lamella-tests-", ignore_cleanup_errors=True)
    os.environ["LAMELLA_DATA"] = _data.name
# Read when torch and NumPy's BLAS are loaded, here and in every process that a test starts. Files
# that run side by side share the cores, and threads that wait for each other's core spin.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def find_chromium() -> Path | None:
    """Return the first Chromium or Chrome on PATH or in the usual places."""
    found = [path for name in CHROMIUM_NAMES if (path := shutil.which(name))]
    found += [place for place in CHROMIUM_PLACES if os.access(place, os.X_OK)]
    return Path(found[0]) if found else None


def pytest_report_header() -> list[str]:
    """Say before the first test what will be left out, and how to get it."""
    lines = []
    if find_chromium() is None:
        lines.append(NO_CHROMIUM)
    if not SHARED_DATA.is_dir():
        lines.append(f"no folder {SHARED_DATA}, so the tests on real files are left out")
    return lines


def leave_out(why: str) -> None:
    """Skip the running test, or fail it when everything must run."""
    if TEST_ALL:
        pytest.fail(f"LAMELLA_TEST_ALL=1 allows nothing to be left out: {why}", pytrace=False)
    pytest.skip(why)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Count a skipped or xfailed test as failed when everything must run."""
    report = yield
    left_out = report.skipped or hasattr(report, "wasxfail")
    if TEST_ALL and left_out:
        why = getattr(report, "wasxfail", None) or report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: LAMELLA_TEST_ALL=1, but this was left out: {why}"
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Count a file that skips itself while it is collected as failed, likewise."""
    report = yield
    if TEST_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid}: LAMELLA_TEST_ALL=1, but this was left out"
    return report


@pytest.fixture(scope="session")
def shared_data() -> Callable[..., Path]:
    """Return a function that gives the path of a real file or folder: ``shared_data("grains")``."""

    def path_of(*parts: str) -> Path:
        path = SHARED_DATA.joinpath(*parts)
        if not path.exists():
            leave_out(f"no {path}; set LAMELLA_SHARED_DATA to the folder of real micrographs")
        return path

    return path_of


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Return the browser's executable."""
    path = find_chromium()
    if path is None:
        leave_out(NO_CHROMIUM)
    return path


@pytest.fixture(autouse=True)
def own_workspace(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give every test a workspace of its own, so that none writes into a user's."""
    folder = tmp_path_factory.getbasetemp() / f"workspace-{secrets.token_hex(6)}"
    monkeypatch.setenv("LAMELLA_WORKSPACE", str(folder))
    # No thread of the app's takes a job before the test does.
    monkeypatch.setenv("LAMELLA_WORKERS", "1")
    return folder


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """Start every test from the same random numbers, with few threads."""
    import numpy as np

    random.seed(0)
    np.random.seed(0)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])  # type: ignore[index]
            if host not in ("localhost", "::1") and not host.startswith("127."):
                raise OSError(f"a test tried to reach {host}; tests have no network")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
