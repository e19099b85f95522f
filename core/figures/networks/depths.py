"""Figures about depth: error curves of plain and residual networks, and the published family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.concepts.depth.cifar_family import Member
from core.concepts.depth.depth_curves import DepthRun
from core.figures.style import GRID, LINE, drawn
from core.palette import OKABE_ITO

COLORS = (OKABE_ITO[0], OKABE_ITO[5])
"""Of the shallow networks and of the deep ones."""
PANELS = ((False, "plain", (0.0, 0.47)), (True, "residual", (0.53, 1.0)))
HIGHEST = 95
PLACES = {110: "bottom center", 1202: "top center"}


def depth_figure(runs: Sequence[DepthRun], chance: float) -> go.Figure:
    """Draw errors by training step: plain networks left, residual ones right, as the paper does.

    Training errors are thin and dashed, test errors bold. ``chance``: the error of a guess, [0, 1].
    """
    traces: list[dict[str, Any]] = []
    layers = sorted({run.layers for run in runs})
    for run in runs:
        color = COLORS[layers.index(run.layers)]
        axis = "2" if run.skip else ""
        for of, errors, line in (
            ("test", run.test, {"width": 4}),
            ("training", run.training, {"width": 2, "dash": "dash"}),
        ):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [0, *run.steps],
                    "y": [100 * error for error in (chance, *errors)],
                    "name": f"{run.layers} layers, {of}",
                    "showlegend": not run.skip,
                    "line": {"color": color, **line},
                    "xaxis": f"x{axis}",
                    "yaxis": f"y{axis}",
                    "hovertemplate": f"{run.name}, {of}: %{{y:.1f}} % at step %{{x}}"
                    "<extra></extra>",
                }
            )
    shapes = [
        {
            "type": "line",
            "x0": 0,
            "x1": 1,
            "xref": "paper",
            "y0": 100 * chance,
            "y1": 100 * chance,
            "line": {"color": LINE, "width": 1, "dash": "dot"},
        }
    ]
    layout = {
        **_panel_axes(),
        "annotations": [_panel_title(number) for number in range(len(PANELS))],
        "shapes": shapes,
        "height": 440,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 10, "r": 10, "t": 40, "b": 10},
    }
    return drawn(traces, layout)


def _panel_axes() -> dict[str, Any]:
    axes: dict[str, Any] = {}
    for number, (_, _, domain) in enumerate(PANELS):
        name = "2" if number else ""
        axes[f"xaxis{name}"] = {
            "domain": list(domain),
            "anchor": f"y{name}",
            "title": "training step",
            "gridcolor": GRID,
            "zeroline": False,
            "nticks": 5,
        }
        axes[f"yaxis{name}"] = {
            "anchor": f"x{name}",
            "range": [0, HIGHEST],
            "gridcolor": GRID,
            "zeroline": False,
            "ticksuffix": " %",
            "automargin": True,
            **({"title": "error"} if number == 0 else {"showticklabels": False}),
        }
    return axes


def _panel_title(number: int) -> dict[str, Any]:
    name, title = "2" if number else "", PANELS[number][1]
    return {
        "xref": f"x{name} domain",
        "yref": f"y{name} domain",
        "showarrow": False,
        "x": 0.97,
        "y": 0.82,
        "xanchor": "right",
        "text": f"<b>{title}</b>",
    }


def family_figure(members: Sequence[Member], chosen: int = 0) -> go.Figure:
    """Draw the published test errors by depth; ``chosen``: the layers of the one that is marked."""
    marked = [member.layers == chosen for member in members]
    trace = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [member.layers for member in members],
        "y": [100 * member.published_error for member in members],
        "text": [_named(member) for member in members],
        "textposition": [PLACES.get(member.layers, "top right") for member in members],
        "line": {"color": OKABE_ITO[0], "width": 3},
        "marker": {
            "size": [22 if one else 14 for one in marked],
            "color": [OKABE_ITO[1] if one else OKABE_ITO[0] for one in marked],
            "symbol": ["diamond" if one else "circle" for one in marked],
            "line": {"color": LINE, "width": 1},
        },
        "hovertemplate": "%{x} layers: %{y:.2f} %<extra></extra>",
    }
    layout = {
        "xaxis": {
            "type": "log",
            "title": "layers",
            "gridcolor": GRID,
            "tickvals": [20, 32, 44, 56, 110, 1202],
            "ticktext": ["20", "32", "44", "56", "110", "1,202"],
            "range": [1.1, 3.35],
        },
        "yaxis": {
            "title": "test error on CIFAR-10",
            "gridcolor": GRID,
            "ticksuffix": " %",
            "range": [5.6, 9.6],
            "automargin": True,
        },
        "showlegend": False,
        "height": 420,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
    }
    return drawn([trace], layout)


def _named(member: Member) -> str:
    """Return the error, and of the ends and the best how many parameters it took."""
    error = f"{100 * member.published_error:.2f} %"
    if member.layers in (20, 110, 1202):
        return f"{error}<br>{member.parameters / 1e6:.3g} million parameters"
    return error
