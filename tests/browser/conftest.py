"""A real server and a real Chromium for the browser tests.

With ``LAMELLA_SCREENSHOTS=1`` screenshots go to ``test-results/screenshots``; with
``LAMELLA_DOCS_SCREENSHOTS=1`` those of generated samples go to ``docs/screenshots``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
PATIENCE_MS = 150_000
STILL = """
document.addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "*, ::before, ::after { animation: none !important; }";
  document.head.append(style);
});
"""


@dataclass
class Server:
    """A running app: its ``address`` without a slash at the end, and what it wrote."""

    address: str
    log: Path
    options: tuple[str, ...] = field(default=())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(folder: Path, *options: str, workers: int = 0) -> Iterator[Server]:
    """Start the app on a free port, wait until it is well, and end it. ``workers``: that it is told
    of, and that work on its queue; with none it works itself."""
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1"]
    command += [f"--server.port={port}", *options]
    # Streamlit compiled anew at every start would take longer than the tests.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["LAMELLA_WORKSPACE"] = str(folder / "workspace")
    environment["LAMELLA_WORKERS"] = str(workers)
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            base = next((o.partition("=")[2] for o in options if "baseUrlPath" in o), "")
            _wait_until_well(f"{address}/{base}/_stcore/health".replace("//_", "/_"), process, log)
            yield Server(f"{address}/{base}".rstrip("/"), log, options)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_well(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            # Nothing answers yet: look again, but leave the processor to the server.
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Iterator[Server]:
    """Return the server that the files share, on which no page of this file's may fail."""
    before = shared_server.log.read_text()
    yield shared_server
    assert "a page failed" not in shared_server.log.read_text().removeprefix(before)


@pytest.fixture
def serve() -> Callable[..., object]:
    """Return :func:`serving`, for a test that needs a server of its own."""
    return serving


@pytest.fixture(scope="session")
def browser(chromium_path: Path) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(chromium_path), args=list(ARGUMENTS)
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def warm_context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser's profile that the tests share one after the other: the app's scripts, which
    take seconds, are loaded and compiled once."""
    context = new_context(browser)
    yield context
    context.close()


def new_context(browser: Browser) -> BrowserContext:
    """Return an empty profile in which nothing moves: to draw what does is most of the work."""
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True)
    context.add_init_script(STILL)
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def open_tab(browser: Browser, warm_context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an empty tab, each of another visitor; whatever it asks for must
    come from here."""
    contexts, outside, faults = [], [], []
    # Who visits is in a cookie.
    warm_context.clear_cookies()

    def watch(page: Page) -> Page:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(HERE) else outside.append(request.url),
        )
        return page

    def open_new(width: int = 1440, height: int = 900, theme: str = "light") -> Page:
        context = new_context(browser) if contexts else warm_context
        contexts.append(context)
        page = watch(context.new_page())
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        return page

    yield open_new
    for page in warm_context.pages:
        page.close()
    for context in contexts[1:]:
        context.close()
    assert not outside
    assert not faults


@pytest.fixture
def screenshot() -> Callable[[Page, str, bool], None]:
    """Return a function that keeps a picture of a page where pictures are asked for; ``docs``: it
    shows a generated sample."""

    def keep(page: Page, name: str, docs: bool = False) -> None:
        asked = {
            "LAMELLA_SCREENSHOTS": REPOSITORY / "test-results" / "screenshots",
            "LAMELLA_DOCS_SCREENSHOTS": REPOSITORY / "docs" / "screenshots" if docs else None,
        }
        for variable, folder in asked.items():
            if folder is not None and os.environ.get(variable) == "1":
                folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return keep
