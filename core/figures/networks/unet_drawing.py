"""A U-Net as the letter that it is named after: down, up, and the skips across."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from core.figures.inspection.network import COLORS
from core.figures.style import LINE, drawn
from core.inspection.layers.network_map import Block, NetworkMap, Role
from core.palette import OKABE_ITO

SKIP = OKABE_ITO[5]
APART_X, APART_Y = 1.55, 1.0
WIDEST, HIGHEST = 1.0, 0.62
FILL_ALPHA = 0.25
ROOM = 2.4
"""Beside the drawing, for the words at its edges."""


def unet_figure(drawing: NetworkMap) -> go.Figure:
    """Draw each block at the height of its resolution; its size is that of its maps, by logarithm.

    ``drawing``: of a network with an encoder and a decoder. Skips are drawn across at their level.
    """
    places = [
        (index * APART_X, -block.level * APART_Y) for index, block in enumerate(drawing.blocks)
    ]
    halves = [_half(block, drawing) for block in drawing.blocks]
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for (x, y), (across, up), block in zip(places, halves, drawing.blocks, strict=True):
        color = COLORS[block.role]
        shapes.append(
            {
                "type": "rect",
                "x0": x - across,
                "x1": x + across,
                "y0": y - up,
                "y1": y + up,
                "line": {"color": color, "width": 3},
                "fillcolor": _clear(color),
            }
        )
        notes.append(_label(block, x, y, across, up))
    skips = [edge for edge in drawing.edges if edge.is_skip]
    for edge in drawing.edges:
        middles = (places[edge.source], places[edge.target])
        notes.append(_connection(edge.is_skip, *middles, halves[edge.source], halves[edge.target]))
    if skips:
        top = min(skips, key=lambda edge: drawing.blocks[edge.source].level)
        middle = (places[top.source][0] + places[top.target][0]) / 2
        text = "<b>skip: concatenate</b>"
        notes.append(_text(middle, places[top.source][1] + 0.05, text, SKIP, yanchor="bottom"))
    for role, anchor in ((Role.ENCODER, "left"), (Role.DECODER, "right")):
        ends = [i for i, block in enumerate(drawing.blocks) if block.role is role]
        if ends:
            x = -ROOM if anchor == "left" else places[-1][0] + ROOM
            lowest = places[max(ends, key=lambda i: -places[i][1])][1]
            note = _text(x, lowest - 0.75, role.value, COLORS[role], yanchor="top")
            notes.append({**note, "xanchor": anchor})
    hidden = {"visible": False, "fixedrange": True}
    deepest = min(y for _, y in places)
    layout = {
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {**hidden, "range": [-ROOM, places[-1][0] + ROOM]},
        "yaxis": {**hidden, "range": [deepest - 0.75, HIGHEST + 0.1]},
        "showlegend": False,
        "height": 520,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return drawn([{"type": "scatter", "x": [0], "y": [0], "opacity": 0}], layout)


def _connection(
    is_skip: bool,
    source: tuple[float, float],
    target: tuple[float, float],
    begin: tuple[float, float],
    end: tuple[float, float],
) -> dict[str, Any]:
    """Return the arrow between two blocks at (x, y), of half the sizes ``begin`` and ``end``."""
    (x0, y0), (x1, y1) = source, target
    if is_skip:
        return _arrow(x0 + begin[0], y0, x1 - end[0], y1, SKIP, 4)
    if y0 == y1:
        return _arrow(x0 + begin[0], y0, x1 - end[0], y1, LINE, 3)
    up = -1 if y1 < y0 else 1
    foot, head = x0 + begin[0] / 2, x1 - end[0] / 2
    return _arrow(foot, y0 + up * begin[1], head, y1 - up * end[1], LINE, 3)


def _half(block: Block, drawing: NetworkMap) -> tuple[float, float]:
    """Return half the width, from the channels, and half the height, from the side."""
    most = max(other.shape[0] for other in drawing.blocks)
    largest = max(other.shape[1] for other in drawing.blocks)
    across = 0.15 + 0.85 * math.log2(block.shape[0] + 1) / math.log2(most + 1)
    up = 0.15 + 0.85 * math.log2(block.shape[1]) / math.log2(largest)
    return WIDEST / 2 * across, HIGHEST / 2 * up


def _label(block: Block, x: float, y: float, across: float, up: float) -> dict[str, Any]:
    """Return the size of a block's maps, written where no arrow passes."""
    text = f"{block.shape[0]} × {block.shape[1]}²"
    if block.role is Role.OUTPUT:
        return _text(x, y - up - 0.03, text, yanchor="top")
    if block.level == 0:
        return _text(x, y + up + 0.03, text, yanchor="bottom")
    if block.role is Role.ENCODER:
        return _text(x - across - 0.08, y, text, xanchor="right")
    if block.role is Role.DECODER:
        return _text(x + across + 0.08, y, text, xanchor="left")
    return _text(x, y - up - 0.03, text, yanchor="top")


def _clear(color: str) -> str:
    red, green, blue = bytes.fromhex(color[1:])
    return f"rgba({red}, {green}, {blue}, {FILL_ALPHA})"


def _text(x: float, y: float, text: str, color: str | None = None, **place: Any) -> dict[str, Any]:
    font = {"size": 16} | ({"color": color} if color else {})
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": font, **place}


def _arrow(x0: float, y0: float, x1: float, y1: float, color: str, width: float) -> dict[str, Any]:
    tail = {"ax": x0, "ay": y0, "axref": "x", "ayref": "y", "x": x1, "y": y1}
    look = {"arrowhead": 2, "arrowwidth": width, "arrowcolor": color, "showarrow": True, "text": ""}
    return {**tail, **look, "standoff": 4}
