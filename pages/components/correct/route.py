"""Corrections over HTTP, so that a stroke is saved without a run of the page's script.

GET answers the whole state, POST takes steps; what both are made of, ``core.correction.codec``
says. The address names owner and result under a code that only this workspace can make, so it is
good also after the server started again, and the owner in the browser's cookie is checked too.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.correction.codec import MOST_BYTES
from core.errors import LamellaError, StaleError, WorkspaceError
from core.workspace.corrections.open_correction import OpenCorrection
from pages.components.correct import opening
from pages.components.frame import identity, keeping

PREFIX = "/lamella/corrections"
PURPOSE = "correction"
GONE = "These corrections are not on this server; reload the page."
TOO_LARGE = "This correction is too large to be sent at once; make it in smaller parts."
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
CONTENT_TOO_LARGE, CONFLICT, BAD_REQUEST, INSUFFICIENT_STORAGE = 413, 409, 400, 507


@dataclass(frozen=True)
class Grant:
    """Whose corrections an address leads to, and which phase their objects are counted in."""

    owner: str
    result: str
    objects_phase: int | None


def address(grant: Grant) -> str:
    """Return the address of corrections, below ``server.baseUrlPath``."""
    return _path(st.get_option("server.baseUrlPath"), identity.signed(_text(grant), PURPOSE))


def address_in(folder: Path, grant: Grant) -> str:
    """Return the address of corrections on a server whose workspace is in ``folder``."""
    return _path("", identity.signed(_text(grant), PURPOSE, folder))


def _text(grant: Grant) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(grant)).encode()).decode().rstrip("=")


def correction_route(base_path: str) -> Route:
    """Return the route of corrections below ``server.baseUrlPath``, which st.App does not add."""
    return Route(_path(base_path, "{token}"), serve_correction, methods=["GET", "POST"])


async def serve_correction(request: Request) -> Response:
    """Answer the state of corrections, or the revision after new steps; else a sentence."""
    grant = _grant(request.path_params["token"])
    if grant is None or not identity.may_have(identity.owner_of(request.cookies), grant.owner):
        return PlainTextResponse(GONE, 404, HEADERS)
    if request.method != "POST":
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        return await run_in_threadpool(_answered, _state, grant, is_packed)
    data = await _body(request)
    if data is None:
        return PlainTextResponse(TOO_LARGE, CONTENT_TOO_LARGE, HEADERS)
    return await run_in_threadpool(_answered, _apply, grant, data)


def _state(grant: Grant, is_packed: bool) -> Response:
    data = _opened(grant).encoded(grant.objects_phase)
    packed = {"Content-Encoding": "gzip"} if is_packed else {}
    content = gzip.compress(data, 1) if is_packed else data
    return Response(content, 200, HEADERS | packed, "application/octet-stream")


def _apply(grant: Grant, data: bytes) -> Response:
    return JSONResponse({"revision": _opened(grant).apply(data)}, 200, HEADERS)


def _answered(work: Callable[[Grant, Any], Response], grant: Grant, what: object) -> Response:
    """Return what ``work`` answers, or why it cannot."""
    try:
        return work(grant, what)
    except StaleError as error:
        return PlainTextResponse(str(error), CONFLICT, HEADERS)
    except WorkspaceError as error:
        return PlainTextResponse(str(error), INSUFFICIENT_STORAGE, HEADERS)
    except LamellaError as error:
        return PlainTextResponse(str(error), BAD_REQUEST, HEADERS)


def _opened(grant: Grant) -> OpenCorrection:
    workspace = keeping.workspace()
    if workspace is None:
        raise WorkspaceError("The folder of this server's images cannot be used now.")
    return opening.opened(workspace, grant.owner, grant.result)


async def _body(request: Request) -> bytes | None:
    """Return what was sent; None where it is more than anybody draws."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _grant(token: str) -> Grant | None:
    text = identity.unsigned(token, PURPOSE)
    if not text:
        return None
    return Grant(**json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def _path(base_path: str, token: str) -> str:
    base = base_path.strip("/")
    return f"{f'/{base}' if base else ''}{PREFIX}/{token}"
