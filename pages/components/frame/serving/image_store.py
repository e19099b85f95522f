"""Images for the viewer, served over HTTP beside the pages.

A route sees no session, so the unguessable token in the address is the access check, and the owner
in the browser's cookie is another: a copied address opens nowhere else. The digest in the address
makes a changed image a new address, and lets a browser keep what it has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Event

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.bounded_store import BoundedStore
from core.errors import LamellaError
from core.figures.encoding import EncodedImage
from pages.components.frame import identity

CAPACITY_BYTES = 512_000_000
PREFIX = "/lamella/images"
JPEG, FIGURE = "image/jpeg", "application/json"
SUFFIXES = {"image/png": "png", JPEG: "jpg", FIGURE: "json"}
HEADERS = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class _Entry:
    """``make``: what draws the image when it is asked for; None once it is drawn. ``may_be_seen``:
    whether it still may, asked each time; None of one that always may. ``asked``: set once a
    browser has asked for it."""

    owner: str
    digest: str
    image: EncodedImage | None
    make: Callable[[], EncodedImage] | None = None
    may_be_seen: Callable[[], bool] | None = None
    asked: Event = field(default_factory=Event)


class ImageStore:
    """Encoded images by token, least recently used ones dropped first; safe between threads."""

    def __init__(self, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._images: BoundedStore[str, _Entry] = BoundedStore(capacity_bytes)
        self._tokens: BoundedStore[tuple[str, str], str] = BoundedStore(4_000_000)

    def address(self, owner: str, digest: str, make: Callable[[], EncodedImage]) -> str:
        """Return the path of an image, made with ``make`` unless it is kept already.

        ``owner``: of the image, so that no two owners share a token. ``digest``:
        names the content, in letters and digits.
        """
        entry, token = self._known(owner, digest)
        image = entry.image if entry else None
        if image is None:
            image = make()
            token = self._put(token, _Entry(owner, digest, image))
        return f"{PREFIX}/{token}/{digest}.{SUFFIXES[image.media_type]}"

    def address_before(
        self,
        owner: str,
        digest: str,
        make: Callable[[], EncodedImage],
        media_type: str = JPEG,
        may_be_seen: Callable[[], bool] | None = None,
    ) -> str:
        """Return the path of an image of ``media_type`` that ``make`` makes when a browser asks for
        it. ``may_be_seen``: asked each time; once it says no, nobody gets the image any more."""
        entry, token = self._known(owner, digest)
        if entry is None:
            token = self._put(token, _Entry(owner, digest, None, make, may_be_seen))
        return f"{PREFIX}/{token}/{digest}.{SUFFIXES[media_type]}"

    def get(self, token: str, digest: str, owner: str | None = None) -> EncodedImage | None:
        """Return the image of a token and digest, or None where they do not fit together.

        ``owner``: who asks, where that is known; what a browser owns, another one does not get.

        Raises:
            LamellaError: the image has to be made and cannot.
        """
        entry = self._images.get(token)
        if entry is None or entry.digest != digest:
            return None
        if not identity.may_have(owner, entry.owner):
            return None
        if entry.may_be_seen is not None and not entry.may_be_seen():
            self._images.discard(token.__eq__)
            return None
        if entry.image is None and entry.make is not None:
            entry = replace(entry, image=entry.make(), make=None)
            self._put(token, entry)
        entry.asked.set()
        return entry.image

    def wait_until_asked(self, address: str, most_s: float) -> bool:
        """Return whether a browser has asked for the image of an address, after at most ``most_s``;
        one that is no longer kept counts as asked for."""
        entry = self._images.get(address.split("/")[-2])
        return entry is None or entry.asked.wait(most_s)

    def forget(self, owner: str) -> None:
        """Drop every image of an owner; those still needed are made again, under new addresses."""
        gone = {token for token, entry in self._images.items() if entry.owner == owner}
        self._images.discard(gone.__contains__)

    def _known(self, owner: str, digest: str) -> tuple[_Entry | None, str | None]:
        token = self._tokens.get((owner, digest))
        entry = self._images.get(token) if token else None
        return entry, token if entry else None

    def _put(self, token: str | None, entry: _Entry) -> str:
        token = token or secrets.token_urlsafe(24)
        self._images.put(token, entry, len(entry.image.data) if entry.image else 1000)
        owner, digest = entry.owner, entry.digest
        self._tokens.put((owner, digest), token, len(owner) + len(digest) + len(token))
        return token


@cache
def image_store() -> ImageStore:
    """Return the store of this process, the same one for the pages and for the route."""
    return ImageStore()


def serve_image(request: Request) -> Response:
    """Answer one image, or 404. Not ``async``: it runs in a thread, off the event loop."""
    asked, owner = request.path_params, identity.owner_of(request.cookies)
    try:
        image = image_store().get(asked["token"], asked["digest"], owner)
    except LamellaError as error:
        return Response(str(error), 404, media_type="text/plain")
    if image is None:
        return Response("The server no longer has this image.", 404, media_type="text/plain")
    return Response(image.data, media_type=image.media_type, headers=HEADERS)


def image_route(base_path: str) -> Route:
    """Return the route of the images below ``server.baseUrlPath``, which st.App does not add."""
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    return Route(f"{base}{PREFIX}/{{token}}/{{digest}}.{{suffix}}", serve_image)
