"""The web entry: ``streamlit run app.py``. Navigation, routes and the cookie."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.errors import LamellaError
from pages.components.correct.clicks import click_route
from pages.components.correct.route import correction_route
from pages.components.frame.identity import OwnerCookie
from pages.components.frame.serving.addresses import page_routes
from pages.components.frame.serving.bundle import BundleFromMemory
from pages.components.frame.serving.downloads import download_route
from pages.components.frame.serving.image_store import image_route
from pages.components.frame.words import literal
from pages.components.frame.work import arenas, garbage, jobs, networks, worker
from pages.components.frame.work.ending import ending_route
from pages.components.lecture.class_route import class_route
from pages.components.lecture.route import library_route


def explain(error: BaseException) -> bool:
    """Show an error as one sentence instead of a traceback, which goes to the log."""
    if isinstance(error, LamellaError):
        st.error(literal(str(error)))
    else:
        logging.getLogger("lamella").exception("a page failed", exc_info=error)
        st.error(
            "Unexpected error on this page; the details are in the server's log. Reload the "
            "page to go on."
        )
    return True


def _start_readers() -> None:
    from core.formats import start_readers

    start_readers()


def _begin_to_work() -> None:
    networks.import_libraries()
    # Not before: a job that waits needs them at once, and a module half imported has no functions.
    worker.start()


@asynccontextmanager
async def until_the_end(app: st.App) -> AsyncIterator[None]:
    """Import at once what pages wait for, collect garbage by the clock, let jobs go on that were
    asked for before, and hold up the end of the server with none."""
    ended = threading.Event()
    # In threads: the first page can be drawn without the readers.
    threading.Thread(target=_start_readers, daemon=True).start()
    threading.Thread(target=garbage.collect_between_runs, args=[ended], daemon=True).start()
    jobs.start(("libraries",), lambda _: _begin_to_work(), lambda _: None)
    yield
    ended.set()
    jobs.cancel_all()
    worker.stop()


arenas.share_arenas()
base_path = st.get_option("server.baseUrlPath")
app = st.App(
    Path(__file__).parent / "pages" / "components" / "frame" / "navigation.py",
    routes=[
        image_route(base_path),
        download_route(base_path),
        ending_route(base_path),
        correction_route(base_path),
        click_route(base_path),
        library_route(base_path),
        class_route(base_path),
        *page_routes(base_path),
    ],
    middleware=[
        Middleware(BundleFromMemory, base_path),
        Middleware(OwnerCookie, base_path),
    ],
    lifespan=until_the_end,
    on_script_error=explain,
)
