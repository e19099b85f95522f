"""What the files of pages declare, and their addresses, served beside Streamlit's own routes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

PAGES = Path(__file__).resolve().parents[3]
# Else the browser looks for the server below the page's own address first: two 404s each time.
SERVER_IS_HERE = (
    '<script>window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href}</script>'
)


class PageName(StringConvertor):
    """The name that a page could have: no file's, none of Streamlit's own, which begin with _."""

    regex = "[A-Za-z0-9][A-Za-z0-9_-]*"


register_url_convertor("page", PageName())


def address_of(path: Path) -> str:
    """Return the address of a page's file: receptive_field.py -> receptive-field."""
    return path.stem.replace("_", "-")


@cache
def declaration(path: Path, changed_ns: int) -> tuple[dict[str, Any] | None, str]:
    """Return the literal PAGE of a file, None without one, and the first line of its docstring.

    ``changed_ns``: when the file was, so that it is parsed once and not at every run.
    """
    tree = ast.parse(path.read_text("utf-8"))
    declared = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PAGE"
        ),
        None,
    )
    return declared, (ast.get_docstring(tree) or "").partition("\n")[0]


def page_routes(base_path: str) -> list[Route]:
    """Return a route for the pages below ``server.baseUrlPath``, and those that lead to it.

    An address with underscores, as the file has them, leads to the one with hyphens. Of one without
    a page, Streamlit says that there is none.
    """
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    leading = [
        Route(f"{base}/{path.stem}", _lead_to_hyphens)
        for path in sorted(PAGES.glob("*.py"))
        if path.stem != address_of(path)
    ]
    return [*leading, Route(f"{base}/{{name:page}}", _serve_page)]


@cache
def _html() -> str:
    text = Path(st.__file__).with_name("static").joinpath("index.html").read_text("utf-8")
    return text.replace("<head>", f"<head>{SERVER_IS_HERE}", 1)


def _serve_page(request: Request) -> HTMLResponse:
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


def _lead_to_hyphens(request: Request) -> RedirectResponse:
    folder, _, name = request.url.path.rpartition("/")
    return RedirectResponse(request.url.replace(path=f"{folder}/{name.replace('_', '-')}"))
