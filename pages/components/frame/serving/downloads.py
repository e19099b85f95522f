"""Files to take away, made when a browser asks for them, served over HTTP beside the pages.

What a function makes for ``st.download_button``, Streamlit drops after two runs of any session: on
a busy server it is gone before the browser fetches it. A route sees no session, so the unguessable
token in the address is the access check, and the owner in the browser's cookie is another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from email.message import Message
from functools import cache
from itertools import chain
from mimetypes import guess_type
from typing import Literal, TypeAlias

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.bounded_store import BoundedStore
from core.errors import LamellaError
from pages.components.frame import identity, session

Content: TypeAlias = bytes | Iterator[bytes]
PREFIX = "/lamella/downloads"
GONE = "This download is no longer offered; reload the page it was on and press it again."
CAPACITY_BYTES, OFFER_BYTES = 50_000_000, 2_000


@dataclass(frozen=True)
class _Offer:
    owner: str
    file_name: str
    make: Callable[[], Content]


@cache
def _offers() -> BoundedStore[str, _Offer]:
    return BoundedStore(CAPACITY_BYTES)


@cache
def _tokens() -> BoundedStore[tuple[str, Hashable], str]:
    return BoundedStore(CAPACITY_BYTES)


def button(
    label: str,
    what: Hashable,
    file_name: str,
    make: Callable[[], Content],
    *,
    key: str | None = None,
    held_bytes: int = 0,
    kind: Literal["secondary", "tertiary"] = "secondary",
    icon: str | None = None,
    width: Literal["content", "stretch"] = "content",
    help: str | None = None,
) -> None:
    """Draw a button that downloads a file, whole or in pieces as ``make`` returns it.

    ``what``: names the file among its owner's; the newest offer of it counts. ``make``: runs
    outside of any session, as often as it is asked for, and may raise a LamellaError. It stays
    after its session ends, so it refers to what is large by a key. ``held_bytes``: what it keeps
    alive all the same.
    """
    owner, size_bytes = session.owner(), OFFER_BYTES + held_bytes
    token = _tokens().get((owner, what)) or secrets.token_urlsafe(24)
    _tokens().put((owner, what), token, size_bytes)
    _offers().put(token, _Offer(owner, file_name, make), size_bytes)
    address = _path(st.get_option("server.baseUrlPath"), token)
    st.link_button(label, address, key=key, type=kind, icon=icon, width=width, help=help)


def serve_download(request: Request) -> Response:
    """Answer the file of an offer, or 404. Not ``async``: it runs in a thread."""
    offer = _offers().get(request.path_params["token"])
    if offer is None or not identity.may_have(identity.owner_of(request.cookies), offer.owner):
        return Response(GONE, 404, media_type="text/plain")
    media_type = guess_type(offer.file_name)[0] or "application/octet-stream"
    try:
        content = offer.make()
        if isinstance(content, bytes):
            return Response(content, 200, _headers(offer.file_name), media_type)
        # What fails at once is said; later the answer has begun.
        pieces = chain([next(content)], content)
    except LamellaError as error:
        return Response(str(error), 404, media_type="text/plain")
    return StreamingResponse(pieces, 200, _headers(offer.file_name), media_type)


def download_route(base_path: str) -> Route:
    """Return the route of the downloads below ``server.baseUrlPath``, which st.App does not add."""
    return Route(_path(base_path, "{token}"), serve_download)


def _path(base_path: str, token: str) -> str:
    base = base_path.strip("/")
    return f"{f'/{base}' if base else ''}{PREFIX}/{token}"


def _headers(file_name: str) -> dict[str, str]:
    # RFC 6266, with the name as in RFC 5987 where it is not ASCII.
    named = Message()
    named.add_header("Content-Disposition", "attachment", filename=file_name)
    return {
        "Content-Disposition": named["Content-Disposition"],
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
