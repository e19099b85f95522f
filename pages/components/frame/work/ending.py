"""A page hears at once that its job ended, instead of at its next look.

The browser asks a route, which answers when the job ends, or after :data:`HOLD_S`, and the browser
asks again. A route sees no session, so the unguessable token in the address is the access check.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import cache
from pathlib import Path
from typing import TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import LamellaError
from pages.components.frame.serving.scripts import script
from pages.components.frame.work.jobs import Job
from pages.components.frame.work.queued import QueuedJob

AnyJob: TypeAlias = "Job | QueuedJob"
PREFIX = "/lamella/ended"
HOLD_S = 2.0
"""The end of the server waits for open answers."""
LOOK_S = 0.05
ENDED, GOES_ON, GONE = 200, 204, 404
HEADERS = {"Cache-Control": "private, no-store"}
_component = st.components.v2.component(
    "lamella_ending", js=script(Path(__file__).parent, "ending.js")
)


@cache
def _jobs() -> WeakValueDictionary[str, AnyJob]:
    return WeakValueDictionary()


@cache
def _tokens() -> WeakKeyDictionary[AnyJob, str]:
    return WeakKeyDictionary()


def rerun_at_the_end(place: str, job: AnyJob) -> None:
    """Draw nothing; run the fragment that this is called in again as soon as ``job`` ends.
    ``place``: where it runs."""
    token = _tokens().setdefault(job, secrets.token_urlsafe(16))
    _jobs()[token] = job
    _component(
        key=f"ended-{place}",
        data={"url": _path(st.get_option("server.baseUrlPath"), token)},
        on_ended_change=lambda: None,
    )


async def serve_ending(request: Request) -> Response:
    """Answer when the job of a token has ended, or that it goes on; 404 where nobody waits."""
    job, until = _jobs().get(request.path_params["token"]), time.monotonic() + HOLD_S
    if job is None:
        return PlainTextResponse("Nobody waits for this.", GONE, HEADERS)
    while not await run_in_threadpool(_has_ended, job):
        if time.monotonic() > until or await request.is_disconnected():
            return Response(None, GOES_ON, HEADERS)
        await asyncio.sleep(LOOK_S)
    return Response(None, ENDED, HEADERS)


def ending_route(base_path: str) -> Route:
    """Return the route of endings below ``server.baseUrlPath``, which st.App does not add."""
    return Route(_path(base_path, "{token}"), serve_ending)


def _has_ended(job: AnyJob) -> bool:
    try:
        return job.finished
    except LamellaError:
        # The page finds out at its next look, and says so.
        return False


def _path(base_path: str, token: str) -> str:
    base = base_path.strip("/")
    return f"{f'/{base}' if base else ''}{PREFIX}/{token}"
