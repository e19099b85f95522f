"""The cone of a unit through the layers of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.concepts.receptive_fields.receptive_cone import ConeLevel
from core.figures.style import GRID, LINE, drawn
from core.palette import OKABE_ITO

MOST_NAMES = 12
BODY, ACCENT = OKABE_ITO[0], OKABE_ITO[1]


def cone_figure(levels: Sequence[ConeLevel], height: int = 460) -> go.Figure:
    """Return the cone with the input at the bottom; single units where there are few enough.

    The horizontal axis is the image's column in px; the names of the layers stand on the left.
    """
    left, right = zip(*(level.edges for level in levels), strict=True)
    places = list(range(len(levels)))
    body = {
        "type": "scatter",
        "x": [*left, *reversed(right)],
        "y": [*places, *reversed(places)],
        "fill": "toself",
        "mode": "lines",
        "line": {"color": BODY, "width": 2},
        "fillcolor": "rgba(0, 114, 178, 0.22)",
        "hoverinfo": "skip",
    }
    ways = _ways(levels) if any(len(level.ways) for level in levels) else []
    every = max(1, -(-len(levels) // MOST_NAMES))
    named = [*places[:-1:every], places[-1]]
    layout = {
        "xaxis": {
            "title": "column of the image (px)",
            "gridcolor": GRID,
            "zeroline": False,
            "nticks": 5,
        },
        "yaxis": {
            "tickvals": named,
            "ticktext": [levels[place].layer for place in named],
            "gridcolor": GRID,
        },
        "showlegend": False,
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
    }
    return drawn([body, *ways], layout)


def _ways(levels: Sequence[ConeLevel]) -> list[dict[str, Any]]:
    x: list[float | None] = []
    y: list[float | None] = []
    for place, level in enumerate(levels):
        for here, below in level.ways:
            x += [here, below, None]
            y += [place, place - 1, None]
    line = {"color": LINE, "width": 1}
    ways = {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"}
    bottom, *above = enumerate(levels)
    look = {"size": 9, "line": line}
    # All layers in one trace: browsers take their time for each.
    pixels = _units([bottom], {**look, "color": ACCENT, "symbol": "square"})
    return [ways, pixels, _units(above, {**look, "color": BODY, "symbol": "circle"})]


def _units(levels: Sequence[tuple[int, ConeLevel]], marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [column for _, level in levels for column in level.columns],
        "y": [place for place, level in levels for _ in level.columns],
        "text": [level.layer for _, level in levels for _ in level.columns],
        "mode": "markers",
        "marker": marker,
        "hovertemplate": "%{text}<br>at column %{x:.1f}<extra></extra>",
    }
