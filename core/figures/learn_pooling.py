"""Figures of the page Pooling: one window, spots above noise, and shifts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.pooling import PooledWindow
from core.concepts.pooling_noise import SpotScore
from core.concepts.pooling_shift import ShiftCurve
from core.figures.concepts_style import GRID, LINE
from core.figures.palette import OKABE_ITO

SYMBOLS = ("circle", "square", "diamond", "x")
MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}


def window_figure(window: PooledWindow, digits: int = 2) -> go.Figure:
    """Return the values of a window as numbers on their own grey."""
    values = window.values
    low, high = float(values.min()), float(values.max())
    middle = (low + high) / 2
    figure = go.Figure(
        go.Heatmap(
            z=values,
            colorscale=[[0, "#1c1e20"], [1, "#d4d6d8"]],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="z",
        )
    )
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            figure.add_annotation(
                x=column,
                y=row,
                text=f"{value:.{digits}f}",
                showarrow=False,
                font={"color": "black" if value > middle else "white"},
            )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    return figure.update_layout(height=380, margin=MARGIN)


def contrast_figure(scores: Sequence[SpotScore]) -> go.Figure:
    """Return the contrast-to-noise of each pooling as bars with their numbers."""
    values = [score.contrast_to_noise for score in scores]
    figure = go.Figure(
        go.Bar(
            x=[score.operation for score in scores],
            y=values,
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": list(OKABE_ITO[: len(values)]), "line": {"color": LINE, "width": 1}},
        )
    )
    figure.update_yaxes(title="contrast to noise", gridcolor=GRID, rangemode="tozero")
    return figure.update_layout(height=360, margin={**MARGIN, "t": 34}, showlegend=False)


def shift_figure(curves: Sequence[ShiftCurve], shifts: Sequence[int]) -> go.Figure:
    """Return one line for each pooling over the shift in px."""
    figure = go.Figure()
    for index, curve in enumerate(curves):
        figure.add_scatter(
            x=list(shifts),
            y=np.round(curve.changes, 6),
            name=curve.operation,
            mode="lines+markers",
            line={"color": OKABE_ITO[index], "width": 3},
            marker={"size": 10, "symbol": SYMBOLS[index]},
        )
    figure.update_xaxes(title="shift of the image (px)", gridcolor=GRID, dtick=1)
    figure.update_yaxes(title="change", gridcolor=GRID, rangemode="tozero")
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(height=420, margin={**MARGIN, "t": 40}, legend=legend)
