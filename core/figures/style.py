"""One look for the figures of the lecture: readable from the last row, clear on both grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale

CLEAR = "rgba(0, 0, 0, 0)"
# Mid-grey: a contrast of more than 3 to 1 on white and on near-black alike.
LINE = "#808080"
GRID = "rgba(128, 128, 128, 0.25)"
GREYS = ((0.0, "rgb(0, 0, 0)"), (1.0, "rgb(255, 255, 255)"))
"""Grey levels from 0 to 1 as images show them; plotly's own "gray" darkens those in the middle."""
FONT_PX = 16
PRESENTER_FONT_PX = 22


def drawn(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> go.Figure:
    """Return a figure from plotly's own terms, unchecked: checking takes longer than all the rest.

    The tests check every figure of the lecture in its stead.
    """
    return go.Figure({"data": list(traces), "layout": dict(layout)}, _validate=False)


@cache
def color_scale(name: str) -> tuple[tuple[float, str], ...]:
    """Return a scale of plotly by name, "_r" for reversed, as browsers know it: places, colours."""
    return tuple((place, color) for place, color in get_colorscale(name))


def upright(x: float, color: str = LINE, width: float = 3, dash: str = "solid") -> dict[str, Any]:
    """Return the shape of a vertical line from the bottom to the top of a chart."""
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def level(y: float, color: str = LINE, width: float = 3, dash: str = "solid") -> dict[str, Any]:
    """Return the shape of a horizontal line from the left to the right of a chart."""
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "line", "y0": y, "y1": y, "x0": 0, "x1": 1, "xref": "paper", "line": line}


def readable(figure: go.Figure, font_px: int = FONT_PX, color: str | None = None) -> go.Figure:
    """Return a figure with every letter at least ``font_px`` high, on transparent grounds.

    ``color``: "#rrggbb" of what has none of its own, None for that of whoever draws the figure.
    """
    shown = figure.to_dict()
    layout, font = shown["layout"], {"size": font_px} | ({"color": color} if color else {})
    layout.update(paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, font=font)
    layout["hoverlabel"] = {"font": {"size": font_px}}
    layout.setdefault("legend", {})["font"] = font
    axes = {"xaxis", "yaxis", *(name for name in layout if name[1:5] == "axis")}
    bars = [
        part["colorbar"]
        for trace in shown["data"]
        for part in (trace, trace.get("marker", {}))
        if "colorbar" in part
    ]
    for scale in (*(layout.setdefault(name, {}) for name in axes), *bars):
        title = scale.get("title", {})
        scale["title"] = {**({"text": title} if isinstance(title, str) else title), "font": font}
        scale["tickfont"] = font
    for note in layout.get("annotations", ()):
        chosen = note.get("font", {})
        note["font"] = {**font, **chosen, "size": max(font_px, chosen.get("size", 0))}
    return drawn(shown["data"], layout)
