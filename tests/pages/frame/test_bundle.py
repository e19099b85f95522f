"""Streamlit's scripts come from memory as they would from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.components.frame.serving.bundle import FOLDER, KEPT_FOR_EVER, BundleFromMemory

SCRIPT = next(FOLDER.glob("js/index.*.js"))
STYLE = next(FOLDER.glob("css/*.css"))
FONT = next(FOLDER.glob("media/*.woff2"))


def below(request: Request) -> Response:
    return PlainTextResponse("Streamlit answers", 418)


def browser(base_path: str = "") -> TestClient:
    routes = [Route("/{path:path}", below, methods=["GET", "POST"])]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(BundleFromMemory, base_path)])
    )


@pytest.mark.parametrize("base_path", ["", "sem", "/a/b/"])
@pytest.mark.parametrize(
    ("path", "kind"), [(SCRIPT, "javascript"), (STYLE, "text/css"), (FONT, "font/woff2")]
)
def test_a_file_of_the_bundle_is_the_one_on_disk(path: Path, kind: str, base_path: str) -> None:
    name = path.relative_to(FOLDER).as_posix()
    base = base_path.strip("/")
    client = browser(base_path)
    for _ in range(2):
        answer = client.get(f"{f'/{base}' if base else ''}/static/{name}")
        assert answer.content == path.read_bytes()
        assert kind in answer.headers["content-type"]
        assert answer.headers["cache-control"] == KEPT_FOR_EVER.decode()


@pytest.mark.parametrize(
    "path",
    ["/", "/static/js/none.js", "/static/../../version.py", f"/sem/static/js/{SCRIPT.name}"],
)
def test_everything_else_is_streamlits(path: str) -> None:
    assert browser().get(path).status_code == 418


def test_a_part_of_a_file_is_streamlits() -> None:
    address = f"/static/js/{SCRIPT.name}"
    assert browser().get(address, headers={"Range": "bytes=0-3"}).status_code == 418
    assert browser().post(address).status_code == 418


def test_what_a_middleware_above_adds_is_one_browsers_own() -> None:
    class Counted:
        def __init__(self, app: ASGIApp) -> None:
            self.app, self.count = app, 0

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            self.count += 1

            async def counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message).append("x-count", str(self.count))
                await send(message)

            await self.app(scope, receive, counted)

    above = TestClient(Counted(BundleFromMemory(Starlette(), "")))
    address = f"/static/js/{SCRIPT.name}"
    assert [above.get(address).headers["x-count"] for _ in range(2)] == ["1", "2"]
