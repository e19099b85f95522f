"""A plain and a residual block as a drawing."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.figures.style import LINE, drawn
from core.palette import OKABE_ITO

BOXES = ((2.0, "3 × 3<br>conv."), (4.0, "ReLU"), (6.0, "3 × 3<br>conv."))
HALF_WIDTH, HALF_HEIGHT = 0.8, 0.5
RADIUS_PX = 22
"""Of the sum: round, however the drawing is stretched."""
START, SUM, END = 0.3, 8.0, 9.7
PLAIN_Y, RESIDUAL_Y, SKIP_Y = 3.1, 0.9, 1.95


def block_figure(font_px: int = 24) -> go.Figure:
    """Draw two convolutions in a row, and the same with a way around them."""
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for y, title in ((PLAIN_Y, "plain:<br>F(x)"), (RESIDUAL_Y, "residual:<br>x + F(x)")):
        stops = [START, *(x for x, _ in BOXES), *([SUM] if y == RESIDUAL_Y else []), END]
        for before, after in zip(stops, stops[1:], strict=False):
            begin = before + HALF_WIDTH * (before in dict(BOXES))
            end = after - HALF_WIDTH * (after in dict(BOXES))
            arrow = _arrow(begin, y, end, y)
            arrow["startstandoff"] = RADIUS_PX if before == SUM else 0
            arrow["standoff"] = RADIUS_PX if after == SUM else 0
            notes.append(arrow)
        for x, text in BOXES:
            shapes.append(_box(x, y))
            notes.append(_text(x, y, text))
        label = _text(END + 0.1, y, f"<b>{title}</b>")
        notes += [_text(START - 0.25, y, "x"), {**label, "xanchor": "left"}]
    skip = {"color": OKABE_ITO[5], "width": 5}
    path = f"M {START + 0.5},{RESIDUAL_Y} L {START + 0.5},{SKIP_Y} L {SUM},{SKIP_Y}"
    shapes.append({"type": "path", "path": path, "line": skip})
    into = _arrow(SUM, SKIP_Y + 0.02, SUM, RESIDUAL_Y)
    look = {"arrowcolor": skip["color"], "arrowwidth": skip["width"], "arrowsize": 0.7}
    notes.append({**into, **look, "standoff": RADIUS_PX})
    shapes.append(
        {"type": "circle", **_around(RADIUS_PX), "line": {"color": skip["color"], "width": 4}}
    )
    notes.append(_text(SUM, RESIDUAL_Y, "<b>+</b>"))
    notes.append(_text(4.0, SKIP_Y + 0.2, "skip: x, unchanged"))
    for note in notes:
        if "font" in note:
            note["font"] = {"size": font_px}
    hidden = {"visible": False, "fixedrange": True}
    layout = {
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {**hidden, "range": [-0.2, 12.4]},
        "yaxis": {**hidden, "range": [0.2, 3.8]},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return drawn([{"type": "scatter", "x": [0], "y": [0], "opacity": 0}], layout)


def _around(radius_px: float) -> dict[str, Any]:
    """Return the place of a circle around the sum."""
    across = {"xsizemode": "pixel", "xanchor": SUM, "x0": -radius_px, "x1": radius_px}
    return {
        **across,
        "ysizemode": "pixel",
        "yanchor": RESIDUAL_Y,
        "y0": -radius_px,
        "y1": radius_px,
    }


def _box(x: float, y: float) -> dict[str, Any]:
    around = {"x0": x - HALF_WIDTH, "x1": x + HALF_WIDTH}
    line = {"color": OKABE_ITO[0], "width": 3}
    fill = "rgba(0, 114, 178, 0.15)"
    up = {"y0": y - HALF_HEIGHT, "y1": y + HALF_HEIGHT}
    return {"type": "rect", **around, **up, "line": line, "fillcolor": fill}


def _text(x: float, y: float, text: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": 24}}


def _arrow(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    tail = {"ax": x0, "ay": y0, "axref": "x", "ayref": "y", "x": x1, "y": y1}
    look = {"arrowhead": 2, "arrowwidth": 3, "arrowcolor": LINE, "showarrow": True, "text": ""}
    return {**tail, **look}
