"""Figures of the page Skip connections: gradients by layer, losses by step, blocks removed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.concepts.depth.gradient_flow import GradientFlow, Learning
from core.figures.style import GRID, LINE
from core.palette import OKABE_ITO

STYLES = {"plain": (OKABE_ITO[5], "dash", "square"), "residual": (OKABE_ITO[0], "solid", "circle")}
SHALLOW = (OKABE_ITO[2], "dot", "diamond")
SMALLEST = 1e-12
CHANCE = math.log(2)
"""The loss of a guess between two classes."""
LAYOUT = {
    "height": 400,
    "margin": {"l": 10, "r": 10, "t": 40, "b": 10},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}


def gradient_figure(flows: Sequence[GradientFlow]) -> go.Figure:
    """Return the gradient norm of each layer, logarithmic; what is below 1e-12 is drawn there."""
    figure = go.Figure()
    for flow in flows:
        _line(figure, flow.kind, [max(norm, SMALLEST) for norm in flow.norms])
    figure.update_xaxes(title="layer, from the image on", gridcolor=GRID)
    figure.update_yaxes(
        title="gradient norm", type="log", gridcolor=GRID, exponentformat="power", dtick=2
    )
    return figure.update_layout(**LAYOUT)


def loss_figure(losses: Sequence[tuple[str, float]]) -> go.Figure:
    """Return the loss of each network after each step, from (kind, loss) in their order."""
    figure = go.Figure()
    for kind in dict.fromkeys(kind for kind, _ in losses):
        _line(figure, kind, [loss for name, loss in losses if name == kind])
    figure.add_hline(y=CHANCE, line={"color": LINE, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="training step", gridcolor=GRID, rangemode="tozero")
    figure.update_yaxes(title="training loss", gridcolor=GRID, rangemode="tozero")
    return figure.update_layout(**LAYOUT)


def lesion_figure(results: Sequence[Learning]) -> go.Figure:
    """Return the loss without each block, of the networks that have learned something."""
    figure = go.Figure()
    for result in results:
        if result.has_learned:
            _line(figure, result.kind, list(result.without_block))
    figure.add_hline(y=CHANCE, line={"color": LINE, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="block that is removed", gridcolor=GRID)
    figure.update_yaxes(title="loss without it", gridcolor=GRID, rangemode="tozero")
    return figure.update_layout(**LAYOUT, showlegend=True)


def _line(figure: go.Figure, kind: str, values: list[float]) -> None:
    color, dash, symbol = _style(kind, len(figure.data))
    figure.add_scatter(
        x=list(range(1, len(values) + 1)),
        y=values,
        name=kind,
        mode="lines+markers",
        line={"color": color, "width": 3, "dash": dash},
        marker={"size": 8, "symbol": symbol},
    )


def _style(kind: str, drawn_before: int) -> tuple[str, str, str]:
    """Return colour, dash and symbol; of two plain networks the first is the shallow one."""
    is_shallow = "," in kind and kind.startswith("plain") and drawn_before == 0
    return SHALLOW if is_shallow else STYLES[kind.partition(",")[0]]
