"""Who asks: the owner whose images, results and jobs a page or a route may touch.

Without a login it is the browser. The first page that it opens brings a signed cookie, kept for a
year after the last visit; whoever deletes it, or comes with another browser, is somebody else. With
``LAMELLA_OWNER=everyone`` all who can reach the server share one owner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import LamellaError
from core.settings import workspace_folder

EVERYONE = "everyone"
BROWSER, SESSION = "browser:", "session:"
"""What the owner of a browser with the cookie begins with, and of a session without."""
SECRET_FILE, SECRET_BYTES = "secret", 32
YEAR_S = 365 * 24 * 3600


def who() -> str:
    """Return the owner of the session that asks.

    A session without the cookie, as in a browser that refuses it, gets an owner of its own, which
    nobody can find again: call it once a session.

    Raises:
        LamellaError: LAMELLA_OWNER is set to something else than "everyone".
    """
    if (setting := os.environ.get("LAMELLA_OWNER")) not in (None, "", EVERYONE):
        raise LamellaError(
            f'LAMELLA_OWNER is {setting[:40]!r}; leave it out, or set it to "{EVERYONE}" so that '
            "all who use this server share their images and results."
        )
    return owner_of(st.context.cookies) or SESSION + secrets.token_urlsafe(24)


def owner_of(cookies: Mapping[str, str]) -> str | None:
    """Return the owner whom the cookies of a request name; None where they name none."""
    if _is_shared():
        return EVERYONE
    identity = _identity(cookies)
    return BROWSER + identity if identity else None


def may_have(asks: str | None, owner: str) -> bool:
    """Return whether who ``asks``, None where no cookie says it, may have what is ``owner``'s: what
    a browser owns, another one does not get."""
    return asks in (None, owner) or not owner.startswith(BROWSER)


class OwnerCookie:
    """ASGI middleware: gives a browser that opens a page its cookie, or a year more with it."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._path = f"/{base_path.strip('/')}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _opens_a_page(scope) or _is_shared():
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope)
        identity = _identity(cookie_parser(sent.get("cookie", ""))) or secrets.token_urlsafe(18)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure = "; Secure" if scope.get("scheme") == "https" else ""
                MutableHeaders(scope=message).append(
                    "set-cookie",
                    f"{cookie_name()}={signed(identity)}; Path={self._path}; Max-Age={YEAR_S}; "
                    f"HttpOnly; SameSite=Lax{secure}",
                )
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def cookie_name() -> str:
    """Return the cookie's name, one for each workspace: browsers do not tell ports apart."""
    return f"lamella-{hashlib.sha256(_secret()).hexdigest()[:8]}"


def signed(text: str, purpose: str = "owner", folder: Path | None = None) -> str:
    """Return ``text``, in letters, digits, "_" and "-", with a code that only this workspace, or
    the one in ``folder``, can make for this ``purpose``: as the cookie's value the identity of a
    browser."""
    secret = _secret() if folder is None else _secret_in(folder)
    code = hmac.new(secret, f"{purpose} {text}".encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"


def unsigned(value: str, purpose: str = "owner") -> str:
    """Return the text of :func:`signed`, "" where the code is not of this workspace."""
    text = value.partition(".")[0]
    is_ours = text and hmac.compare_digest(value.encode(), signed(text, purpose).encode())
    return text if is_ours else ""


def _identity(cookies: Mapping[str, str]) -> str:
    """Return the identity of the browser that sent these cookies, "" where none is signed here."""
    # Where no browser is, as under AppTest, it is something else than text.
    return unsigned(str(cookies.get(cookie_name(), "")))


def _is_shared() -> bool:
    return os.environ.get("LAMELLA_OWNER") == EVERYONE


def _opens_a_page(scope: Scope) -> bool:
    """Return whether a request is a browser's that opens a page, rather than a part of one."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _secret() -> bytes:
    return _secret_in(workspace_folder())


@cache
def _secret_in(folder: Path) -> bytes:
    """Return the secret of a workspace, made where there is none; a passing one where the folder
    cannot be written, as nothing is kept there either."""
    path = folder / SECRET_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_bytes(SECRET_BYTES))
        found = path.read_bytes()
    except OSError:
        found = b""
    return found if len(found) == SECRET_BYTES else secrets.token_bytes(SECRET_BYTES)


def _write_once(path: Path, data: bytes) -> None:
    """Write a file that no other process may see half written or find replaced."""
    mine = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
    try:
        with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(mine, path)
        except FileExistsError:
            return
    finally:
        mine.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
