"""Streamlit's own scripts, styles and fonts, from memory.

A browser that has nothing of the app yet asks for sixty of them before the first paint, and for
forty more on the way to a result. From disk each takes the server milliseconds in which it does
nothing else.
"""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(st.__file__).parent / "static" / "static"
# The names of these files change with what they hold.
KEPT_FOR_EVER = b"public, immutable, max-age=31536000"


class BundleFromMemory:
    """ASGI middleware: answers for the files of Streamlit's bundle, each read once."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        base = base_path.strip("/")
        prefix = f"{f'/{base}' if base else ''}/static"
        files = (path for path in FOLDER.rglob("*") if path.is_file())
        self._app = app
        self._files = {f"{prefix}/{path.relative_to(FOLDER).as_posix()}": path for path in files}
        self._answers: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" and scope["method"] == "GET" else ""
        if path not in self._files or any(name == b"range" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        if path not in self._answers:
            self._answers[path] = _answer(self._files[path])
        headers, data = self._answers[path]
        # A copy: a middleware above may add what is one browser's own.
        await send({"type": "http.response.start", "status": 200, "headers": [*headers]})
        await send({"type": "http.response.body", "body": data})


def _answer(path: Path) -> tuple[list[tuple[bytes, bytes]], bytes]:
    data = path.read_bytes()
    headers = [
        (b"content-type", (guess_type(path.name)[0] or "application/octet-stream").encode()),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", KEPT_FOR_EVER),
        (b"x-content-type-options", b"nosniff"),
    ]
    return headers, data
