"""The app without a browser: how a page is opened, read and waited for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import wait
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.jobs.worker import work_off
from core.types.model_card import ModelCard
from pages.components.frame.serving.downloads import download_route
from pages.components.frame.words import WORD_JOINER
from pages.components.frame.work import worker
from pages.components.frame.work.queued import QueuedJob

REPOSITORY = Path(__file__).resolve().parents[2]
NAVIGATION = REPOSITORY / "pages" / "components" / "frame" / "navigation.py"
PATIENCE_S = 250
"""Below what a test may take, on a machine that is busy while the libraries are imported."""


@cache
def _registered_pages() -> dict[str, Any]:
    """Return the pages as AppTest knows them after a run of any; before it takes the name of a file
    for its address, and ours has hyphens."""
    return AppTest.from_file(str(NAVIGATION), default_timeout=PATIENCE_S).run()._registered_pages


def opened(page: str, /, timeout: float = PATIENCE_S, **link: str | list[str]) -> AppTest:
    """Return a page, by the name of its file, as a browser with this link would get it."""
    app = AppTest.from_file(str(NAVIGATION), default_timeout=timeout)
    app._registered_pages = _registered_pages()
    for name, value in link.items():
        app.query_params[name] = value
    return app.switch_page(f"../../{page}.py").run()


def lesson(page: str, **link: str) -> AppTest:
    """Return a page of the lecture, on a sample where the link names no other."""
    return opened(page, **{"sample": "gold-tem", **link})


def finish(app: AppTest, place: str = "segment") -> AppTest:
    """Wait for the job at a place, if it still runs, then run the page once more."""
    job = app.session_state["lamella"].jobs.get(place)
    if job is None:
        return app
    if isinstance(job, QueuedJob):
        work_off(job._workspace, worker.handlers(), "test")
        return app.run()
    # Not `future.exception`: it raises where the job was cancelled before it began.
    wait([job.future], timeout=PATIENCE_S)
    return app.run()


def texts(app: AppTest) -> str:
    """Return everything that is written on the page, also as it is read: without the backslashes
    that keep it from being Markdown."""
    kinds = (app.caption, app.markdown, app.warning, app.error, app.info, app.title, app.subheader)
    written = "\n".join(str(element.value) for kind in kinds for element in kind)
    return f"{written}\n{read(written)}"


def warnings(app: AppTest) -> list[str]:
    """Return the warnings on the page, as they are read."""
    return [read(one.value) for one in app.warning]


def read(written: str) -> str:
    """Return literal text of Markdown as it is read."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", written).replace(WORD_JOINER, "")


def fetched(app: AppTest, key: str, base_path: str = "", **headers: str) -> Response:
    """Return what a browser gets from the download button with this key."""
    (link,) = (one.proto for one in app.get("link_button") if one.proto.id.endswith(f"-{key}"))
    routes = [download_route(base_path)]
    return TestClient(Starlette(routes=routes)).get(link.url, headers=headers)


def by_key(widgets: Iterable[Any], start: str) -> Any:
    """Return the first widget whose key begins so; the rest changes with what it shows."""
    found = [one for one in widgets if one.key and one.key.startswith(start)]
    assert found, f"no {start!r} among {[one.key for one in widgets]}"
    return found[0]


def phases_only(card: ModelCard) -> ModelCard:
    """Return a card for a network of the tests: phases, nothing about objects, at scale 1."""
    return replace(card, object_outputs=False, tta_scales=(1.0,))
