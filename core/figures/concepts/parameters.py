"""Figures of the page The image problem: memory over the image side, accuracies, distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.concepts.convolution.parameter_counts import (
    CARDS_GIB,
    FORMS,
    GIB,
    SIDES,
    Layers,
    in_words,
    memory_bytes,
)
from core.figures.cell_numbers import ink_on
from core.figures.style import GRID, LINE, drawn, level, upright
from core.palette import OKABE_ITO

DASHES = ("dot", "dash", "solid", "solid", "dashdot")
SYMBOLS = ("triangle-up", "square", "circle", "diamond", "x")
COLORS = (OKABE_ITO[5], OKABE_ITO[1], OKABE_ITO[0], OKABE_ITO[2], OKABE_ITO[3])
LEGEND = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
TICKS = tuple(1024**power for power in range(6))


def memory_figure(
    layers: Layers, precision: str, training: bool, side: int, network: tuple[str, int] | None
) -> go.Figure:
    """Draw the bytes of each form of a layer over the image side, both axes logarithmic.

    ``side``: marked. ``network``: name and parameters of a whole network, to compare.
    """
    counts = {name: [count(layers, one) for one in SIDES] for name, count in FORMS.items()}
    if network is not None:
        counts[network[0]] = [network[1]] * len(SIDES)
    traces = []
    for index, (name, weights) in enumerate(counts.items()):
        sizes = [memory_bytes(count, precision, training) for count in weights]
        traces.append(
            {
                "type": "scatter",
                "x": SIDES,
                "y": sizes,
                "name": name,
                "mode": "lines+markers",
                "line": {"color": COLORS[index], "dash": DASHES[index], "width": 3},
                "marker": {"symbol": SYMBOLS[index], "size": 9},
                "customdata": [
                    [f"{count:,}", in_words(size)]
                    for count, size in zip(weights, sizes, strict=True)
                ],
                "hovertemplate": f"{name}<br>%{{x}} px: %{{customdata[0]}} weights, "
                "%{customdata[1]}<extra></extra>",
            }
        )
    return drawn(traces, _memory_layout(side))


def _memory_layout(side: int) -> dict[str, Any]:
    cards = [level(size * GIB, width=1.5) for size in CARDS_GIB]
    plain = {"type": "log", "gridcolor": GRID, "zeroline": False}
    return {
        "shapes": [*cards, upright(side)],
        # The place on a logarithmic axis is the exponent; the lines lie closer than letters are.
        "annotations": [
            {
                "x": 1.01,
                "xref": "paper",
                "xanchor": "left",
                "y": float(np.log10(size * GIB)),
                "yshift": shift,
                "text": f"{size} GB",
                "showarrow": False,
            }
            for shift, size in zip((-11, 0, 11), CARDS_GIB, strict=True)
        ],
        "xaxis": {**plain, "tickvals": SIDES, "title": "image side (px)"},
        "yaxis": {
            **plain,
            "tickvals": TICKS,
            "ticktext": [in_words(size) for size in TICKS],
            "range": [1.8, 15.2],
        },
        "legend": LEGEND,
        "margin": {"l": 72, "r": 76, "t": 8, "b": 8},
    }


def accuracy_figure(rows: Mapping[tuple[str, str], Sequence[float]]) -> go.Figure:
    """Draw the mean accuracy of each (network, input), each fold as a point; 0.5 is chance."""
    networks = list(dict.fromkeys(network for network, _ in rows))
    inputs = list(dict.fromkeys(kind for _, kind in rows))
    bars = [
        _bars([rows[network, kind] for network in networks], networks, kind, index)
        for index, kind in enumerate(inputs)
    ]
    layout = {
        "shapes": [level(0.5, width=2, dash="dot")],
        "yaxis": {
            "title": "accuracy, five folds",
            "range": [0, 1.02],
            "tickformat": ".0%",
            "gridcolor": GRID,
        },
        "barmode": "group",
        "legend": LEGEND,
        "margin": {"l": 72, "r": 8, "t": 8, "b": 8},
    }
    return drawn(bars, layout)


def _bars(
    folds: Sequence[Sequence[float]], networks: Sequence[str], kind: str, index: int
) -> dict[str, Any]:
    """Return one bar a network, from the lowest to the highest fold; ``index``: of its colour."""
    means = np.array([np.mean(one) for one in folds])
    return {
        "type": "bar",
        "x": networks,
        "y": means,
        "name": kind,
        "marker": {
            "color": OKABE_ITO[index],
            "pattern": {"shape": ("", "/")[index], "fillmode": "overlay", "solidity": 0.08},
        },
        "text": [f"{100 * mean:.1f} %" for mean in means],
        "textposition": "inside",
        "insidetextanchor": "start",
        "insidetextfont": {"color": ink_on(OKABE_ITO[index])},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": np.array([max(one) for one in folds]) - means,
            "arrayminus": means - np.array([min(one) for one in folds]),
            "color": LINE,
            "thickness": 2,
        },
    }


def snapshot_figure(snapshots: Mapping[str, np.ndarray]) -> go.Figure:
    """Draw spins (h, w) by title, side by side: up is light, down is dark."""
    from core.figures.concepts.convolution import Panel, panels

    return panels(
        [Panel(spins, title, "", False, -1.0, 1.0) for title, spins in snapshots.items()], gap=0.05
    )
