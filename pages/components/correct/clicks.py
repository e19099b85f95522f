"""Clicks over HTTP, answered by the click network without a run of the page's script.

POST a question of ``core.interaction.questions``; the answer is ``{"rows": [[row, left, right],
...], "ms"}``, or ``{"proposals": [rows, ...]}`` where others like some are asked for; 204 where a
newer question of the same tab came meanwhile. An address is good as long as this server knows the
image.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.bounded_store import BoundedStore
from core.errors import LamellaError
from core.types.micrograph import Micrograph
from pages.components.frame import identity, session

if TYPE_CHECKING:
    from core.interaction.desk import Desk
    from core.interaction.network import ClickNetwork

PREFIX = "/lamella/clicks"
GONE = "This image is not on this server any more; reload the page."
TOO_LARGE = "This is more than the click tool takes; begin with a smaller object."
MOST_BYTES = 4_000_000
CAPACITY_BYTES = 400_000_000
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
NO_CONTENT, BAD_REQUEST, NOT_FOUND, CONTENT_TOO_LARGE = 204, 400, 404, 413


class _Place:
    """An image that ``owner`` may click into; its desk is made at the first click."""

    def __init__(self, owner: str, micrograph: Micrograph) -> None:
        self.owner, self.token = owner, secrets.token_urlsafe(16)
        self._micrograph = micrograph
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def desk(self) -> Desk:
        from core.interaction.desk import Desk
        from core.segmentation.preprocessing import grey_levels

        with self._lock:
            if self._desk is None:
                shown, rows = self._micrograph, self._micrograph.image_rows
                valid = None if shown.valid is None else shown.valid[rows]
                self._desk = Desk(_network(), grey_levels(shown.pixels[rows], valid), rows.start)
        return self._desk


@cache
def _network() -> ClickNetwork:
    from models import interactive

    return interactive.click_network()


@cache
def _places() -> BoundedStore[tuple[str, str], _Place]:
    return BoundedStore(CAPACITY_BYTES)


def address(micrograph: Micrograph) -> str:
    """Return where clicks into ``micrograph`` are answered, below ``server.baseUrlPath``."""
    owner = session.owner()
    key = owner, f"{micrograph.digest} {micrograph.bar_rows}"
    place = _places().get(key)
    if place is None:
        place = _Place(owner, micrograph)
        _places().put(key, place, 2 * micrograph.pixels.nbytes)
    return _path(st.get_option("server.baseUrlPath"), place.token)


def click_route(base_path: str) -> Route:
    """Return the route of clicks below ``server.baseUrlPath``, which st.App does not add."""
    return Route(_path(base_path, "{token}"), serve_click, methods=["POST"])


async def serve_click(request: Request) -> Response:
    """Answer the object that clicks point at; else a sentence."""
    token = request.path_params["token"]
    place = next((one for _, one in _places().items() if one.token == token), None)
    if place is None or not identity.may_have(identity.owner_of(request.cookies), place.owner):
        return PlainTextResponse(GONE, NOT_FOUND, HEADERS)
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            return PlainTextResponse(TOO_LARGE, CONTENT_TOO_LARGE, HEADERS)
    return await run_in_threadpool(_answered, place, data)


def _answered(place: _Place, data: bytes) -> Response:
    try:
        found = _rows(place.desk(), data)
    except LamellaError as error:
        return PlainTextResponse(str(error), BAD_REQUEST, HEADERS)
    return Response(None, NO_CONTENT) if found is None else JSONResponse(found, 200, HEADERS)


def _rows(desk: Desk, data: bytes) -> dict[str, Any] | None:
    from core.interaction.questions import question_from, rows_of_mask

    begun = time.monotonic()
    try:
        sent = json.loads(data)
    except ValueError:
        sent = None
    question = question_from(sent)
    if question.like:
        alike = desk.alike(question)
        return None if alike is None else {"proposals": [rows_of_mask(part) for part in alike]}
    found = desk.answer(question)
    if found is None:
        return None
    spent = round(1000 * (time.monotonic() - begun))
    return {"rows": rows_of_mask(found.mask), "ms": spent}


def _path(base_path: str, token: str) -> str:
    base = base_path.strip("/")
    return f"{f'/{base}' if base else ''}{PREFIX}/{token}"
