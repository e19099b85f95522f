"""Figures of the page Sharing: the layer as a matrix, and curves over a shift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from core.concepts.convolution.weight_sharing import LayerMatrix
from core.figures.style import GRID, LINE, color_scale, drawn, upright
from core.palette import OKABE_ITO

Sharing = Literal["Fully connected", "Locally connected", "Shared"]
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "solid")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


def matrix_figure(matrix: LayerMatrix, sharing: Sharing) -> go.Figure:
    """Draw the matrix: one row an output, one column an input pixel; one colour, one weight.

    Entries that are no connection stay clear.
    """
    taps = matrix.shared
    connected = taps > 0
    if sharing == "Shared":
        numbers, word = np.where(connected, taps, np.nan), "weight"
    elif sharing == "Locally connected":
        numbers = np.where(connected, np.cumsum(connected).reshape(taps.shape), np.nan)
        word = "weight"
    else:
        numbers, word = np.arange(1.0, taps.size + 1).reshape(taps.shape), "weight"
    grid = {
        "type": "heatmap",
        "z": numbers,
        "colorscale": color_scale("Viridis"),
        "xgap": 0.5,
        "ygap": 0.5,
        "hoverongaps": False,
        "hovertemplate": f"output %{{y}} reads input %{{x}} with {word} %{{z}}<extra></extra>",
        "colorbar": {"title": "weight no.", "tickformat": ",d"},
    }
    ends = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": LINE,
        "mirror": True,
        "constrain": "domain",
    }
    upward = {"title": "output pixel", "autorange": "reversed", "scaleanchor": "x"}
    layout = {
        "xaxis": {"title": f"input pixel, 0 to {taps.shape[1] - 1}", **ends},
        "yaxis": {**upward, **ends},
        "margin": {"l": 60, "r": 0, "t": 8, "b": 56},
    }
    return drawn([grid], layout)


def shift_figure(
    shifts: Sequence[int],
    curves: Mapping[str, np.ndarray],
    title: str,
    highlighted: Sequence[int] = (),
    now: int | None = None,
    axis: str = "diagonal shift (px)",
) -> go.Figure:
    """Draw one curve a name over the shift in px; each has its own colour, dash and marker.

    ``highlighted``: shifts with a thin line, such as multiples of the stride. ``now``: the shift
    that is shown above. ``axis``: title of the shifts.
    """
    lines = [
        {
            "type": "scatter",
            "x": list(shifts),
            "y": values,
            "name": name,
            "mode": "lines+markers",
            "line": {
                "color": OKABE_ITO[index % len(OKABE_ITO)],
                "dash": DASHES[index % len(DASHES)],
                "width": 3,
            },
            "marker": {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 9},
            "hovertemplate": f"{name}<br>shift %{{x}} px: %{{y:.4f}}<extra></extra>",
        }
        for index, (name, values) in enumerate(curves.items())
    ]
    shapes = [upright(shift, width=1, dash="dot") for shift in highlighted]
    if now is not None:
        shapes.append(upright(now))
    layout = {
        "shapes": shapes,
        "xaxis": {"title": axis, "gridcolor": GRID, "zerolinecolor": LINE},
        "yaxis": {"title": title, "gridcolor": GRID, "zerolinecolor": LINE},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        "margin": {"l": 64, "r": 8, "t": 8, "b": 8},
    }
    return drawn(lines, layout)
