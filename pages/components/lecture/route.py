"""plotly.js for the lecture, from the Python package: nothing is fetched from outside."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PREFIX = "/lamella/plotly"
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


def library_address() -> str:
    """Return the path of the script; another version has another."""
    return f"{PREFIX}/{get_plotlyjs_version()}/plotly.min.js"


@cache
def _script() -> bytes:
    return files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()


def serve_library(request: Request) -> Response:
    """Answer the script. Not ``async``: it runs in a thread, off the event loop."""
    return Response(_script(), media_type="text/javascript", headers=HEADERS)


def library_route(base_path: str) -> Route:
    """Return the route of the script below ``server.baseUrlPath``, which st.App does not add."""
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    return Route(f"{base}{library_address()}", serve_library)
