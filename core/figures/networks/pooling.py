"""Figures of the page Pooling: one window, spots above noise, and shifts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.pooling.pooling import PooledWindow
from core.concepts.pooling.pooling_noise import SpotScore
from core.concepts.pooling.pooling_shift import ShiftCurve
from core.figures.cell_numbers import greys, numbered
from core.figures.style import GREYS, GRID, LINE, drawn
from core.palette import OKABE_ITO

SYMBOLS = ("circle", "square", "diamond", "x")
NUMBER_PX = 26
MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}


def window_figure(window: PooledWindow, digits: int = 2) -> go.Figure:
    """Return the values of a window, in [0, 1], as numbers on their grey of the image."""
    grid = {
        "type": "heatmap",
        "z": window.values,
        "zmin": 0,
        "zmax": 1,
        "colorscale": GREYS,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "z",
    }
    layout = {
        "height": 300,
        "margin": MARGIN,
        "xaxis": {"visible": False, "constrain": "domain"},
        "yaxis": {"visible": False, "autorange": "reversed", "scaleanchor": "x"},
    }
    values = np.asarray(window.values)
    labels = np.array([[f"{one:.{digits}f}" for one in row] for row in values])
    size_px = NUMBER_PX if len(values) < 4 else 16
    return drawn(numbered(grid, labels, greys(values, 0, 1), size_px), layout)


def contrast_figure(scores: Sequence[SpotScore]) -> go.Figure:
    """Return the contrast-to-noise of each pooling as bars with their numbers."""
    values = [score.contrast_to_noise for score in scores]
    bars = {
        "type": "bar",
        "x": [score.operation for score in scores],
        "y": values,
        "text": [f"{value:.2f}" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": list(OKABE_ITO[: len(values)]), "line": {"color": LINE, "width": 1}},
    }
    layout = {
        "height": 360,
        "margin": {**MARGIN, "t": 34},
        "showlegend": False,
        "yaxis": {"title": "contrast-to-noise ratio", "gridcolor": GRID, "rangemode": "tozero"},
    }
    return drawn([bars], layout)


def shift_figure(curves: Sequence[ShiftCurve], shifts: Sequence[int]) -> go.Figure:
    """Return one line for each pooling over the shift in px."""
    lines = [
        {
            "type": "scatter",
            "x": list(shifts),
            "y": np.round(curve.changes, 6),
            "name": curve.operation,
            "mode": "lines+markers",
            "line": {"color": OKABE_ITO[index], "width": 3},
            "marker": {"size": 10, "symbol": SYMBOLS[index]},
        }
        for index, curve in enumerate(curves)
    ]
    layout = {
        "height": 420,
        "margin": {**MARGIN, "t": 40},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": "shift of the image (px)", "gridcolor": GRID, "dtick": 1},
        "yaxis": {"title": "change", "gridcolor": GRID, "rangemode": "tozero"},
    }
    return drawn(lines, layout)
