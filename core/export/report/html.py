"""A report as one HTML file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from core.export.report.content import Picture, Report, with_subscripts


def html_bytes(report: Report) -> bytes:
    """Return the report as UTF-8 HTML; every text in it is escaped, and it may load nothing."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["symbols"] = _symbols
    return environment.get_template("report.html.jinja").render(report=report).encode()


def _data_uri(picture: Picture) -> str:
    kind, content = ("svg+xml", picture.svg) if picture.svg else ("png", picture.png)
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"


def _symbols(text: str) -> Markup:
    return Markup(with_subscripts(str(escape(text))))
