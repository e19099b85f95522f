"""Images out of the library and into it, as one zip that is never whole in memory."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.bounded_store import BoundedStore
from core.errors import LamellaError
from core.workspace import archive
from pages.components.frame import identity, keeping, session
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

PREFIX = "/lamella/library"
GONE = "This download is no longer offered; reload the page Library and press it again."
HINT = (
    "A zip that was exported here or elsewhere: images, changes, annotations and results. What you "
    "have already stays as it is. For one above the limit of uploads there is "
    "`lamella library import`."
)


@dataclass(frozen=True)
class _Offer:
    owner: str
    ids: frozenset[str] | None


@cache
def _offers() -> BoundedStore[str, _Offer]:
    return BoundedStore(10_000)


@cache
def _tokens() -> BoundedStore[_Offer, str]:
    return BoundedStore(10_000)


def export_link(label: str, ids: Collection[str] | None) -> None:
    """Draw a button that downloads these images as a zip; None: all of the owner's."""
    offer = _Offer(session.owner(), None if ids is None else frozenset(ids))
    token = _tokens().get(offer) or secrets.token_urlsafe(24)
    _tokens().put(offer, token, 1)
    _offers().put(token, offer, 1)
    base = st.get_option("server.baseUrlPath").strip("/")
    before = f"/{base}" if base else ""
    st.link_button(label, f"{before}{PREFIX}/{token}/library.zip", icon=":material/download:")


def uploader(workspace: Workspace) -> None:
    """Draw the uploader of a zip; its images are added to the library."""
    turn = session.value_of("library-imports") or 0
    key = f"library-import-{turn}"

    def take() -> None:
        file = session.value_of(key)
        if file is None:
            return
        session.remember("library-imports", turn + 1)
        try:
            found = archive.load(workspace, session.owner(), file)
        except LamellaError as error:
            session.remember("library-imported", (False, str(error)))
        else:
            images = "1 image is" if len(found) == 1 else f"{len(found):,} images are"
            session.remember("library-imported", (True, f"{images} in your library now."))

    st.file_uploader("Import a library (ZIP)", type=["zip"], key=key, on_change=take)
    st.caption(HINT)
    told = session.value_of("library-imported")
    if told:
        is_good, sentence = told
        (st.success if is_good else st.error)(literal(sentence))
        session.remember("library-imported", None)


def serve_export(request: Request) -> Response:
    """Answer the zip of an offer, or 404. Not ``async``: it reads from disk."""
    offer = _offers().get(request.path_params["token"])
    asks = identity.owner_of(request.cookies)
    place = keeping.workspace()
    if offer is None or place is None or (asks is not None and asks != offer.owner):
        return Response(GONE, 404, media_type="text/plain")
    pieces = archive.export(place, offer.owner, offer.ids)
    try:
        first = next(pieces)
    except LamellaError as error:
        return Response(str(error), 500, media_type="text/plain")
    headers = {
        "Content-Disposition": 'attachment; filename="library.zip"',
        "Cache-Control": "private, no-store",
    }
    content = chain([first], pieces)
    return StreamingResponse(content, media_type="application/zip", headers=headers)


def export_route(base_path: str) -> Route:
    """Return the route of the exports below ``server.baseUrlPath``."""
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    return Route(f"{base}{PREFIX}/{{token}}/library.zip", serve_export)
