"""Kernels and their frequency response as plotly figures."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from core.figures.inspection.overlays import DIVERGING, SEQUENTIAL
from core.inspection.kernels import FrequencyResponse, Kernels

CLEAR = "rgba(0,0,0,0)"
SHOWN = 256
"""How many filters a grid shows: more would be smaller than the eye can tell apart."""
GRID_PX, TOP_PX, BOTTOM_PX, LOWEST_PX = 385, 10, 10, 120
"""Width of a grid beside its colour scale, what is above and below it, and the lowest figure."""
NORMS_PX = 340


def kernel_grid(
    kernels: Kernels,
    input_channel: int = 0,
    limit: float | None = None,
    count: int = SHOWN,
    by_norm: bool = True,
) -> go.Figure:
    """Return ``count`` filters, what they do with one input channel, as a grid.

    ``by_norm``: largest first, else in the order of their numbers. One symmetric colour scale from
    -``limit`` to ``limit``, None is the layer's own; the value, the channel and the place in the
    kernel on hover. The figure is as high as the grid, so that the scale beside it is.
    """
    slices = kernels.of_input(input_channel)
    order = _order(kernels, by_norm)[:count]
    values, places = _tiled(slices[order], order)
    limit = kernels.limit if limit is None else limit
    figure = go.Figure(
        go.Heatmap(
            z=values,
            customdata=places,
            zmin=-limit,
            zmax=limit,
            colorscale=DIVERGING,
            hovertemplate="channel %{customdata[0]}, row %{customdata[1]}, column "
            "%{customdata[2]}: %{z:.4f}<extra></extra>",
            hoverongaps=False,
            colorbar={"title": "weight", "len": 1, "ypad": 0},
        )
    )
    return _picture(figure, values.shape)


def kernel_norms(kernels: Kernels, limit: float | None = None, by_norm: bool = True) -> go.Figure:
    """Return the norm of each slice of each filter: output channels down, input channels across.

    The scale runs from 0 to ``limit``, None is the largest norm.
    """
    order = _order(kernels, by_norm)
    norms = kernels.norms_by_input[order]
    figure = go.Figure(
        go.Heatmap(
            z=norms,
            customdata=np.repeat(order[:, None], norms.shape[1], axis=1),
            zmin=0,
            zmax=float(norms.max()) if limit is None else limit,
            colorscale=SEQUENTIAL,
            hovertemplate="channel %{customdata}, input %{x}: norm %{z:.4f}<extra></extra>",
            colorbar={"title": "norm"},
        )
    )
    figure.update_xaxes(title="input channel")
    title = "output channels, largest norm first" if by_norm else "output channel"
    figure.update_yaxes(title=title, autorange="reversed")
    margin = {"l": 0, "r": 0, "t": TOP_PX, "b": 0}
    return figure.update_layout(
        paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, height=NORMS_PX, margin=margin
    )


def frequency_figure(response: FrequencyResponse) -> go.Figure:
    """Return how strongly a kernel passes each spatial frequency, 0 in the middle."""
    figure = go.Figure(
        go.Heatmap(
            z=response.magnitude,
            x=response.frequencies,
            y=response.frequencies,
            zmin=0,
            colorscale=SEQUENTIAL,
            hovertemplate="%{x:.3f} across, %{y:.3f} down: %{z:.3f}<extra></extra>",
            colorbar={"title": "gain"},
        )
    )
    figure.update_xaxes(title="cycles per pixel, across", constrain="domain")
    figure.update_yaxes(
        title="cycles per pixel, down",
        autorange="reversed",
        scaleanchor="x",
        constrain="domain",
    )
    return figure.update_layout(paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)


def _order(kernels: Kernels, by_norm: bool) -> np.ndarray:
    return kernels.by_norm if by_norm else np.arange(len(kernels.weights))


def _tiled(slices: np.ndarray, channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return kernels side by side with gaps of nan, and channel, row, column of each value."""
    count, height, width = slices.shape
    across = math.ceil(math.sqrt(count * 1.6))
    down = math.ceil(count / across)
    shape = down * (height + 1) - 1, across * (width + 1) - 1
    values = np.full(shape, np.nan, np.float32)
    places = np.zeros((*shape, 3), np.int32)
    rows, columns = np.mgrid[:height, :width]
    for index, channel in enumerate(channels):
        top, left = index // across * (height + 1), index % across * (width + 1)
        here = slice(top, top + height), slice(left, left + width)
        values[here] = slices[index]
        places[here] = np.dstack([np.full_like(rows, channel), rows, columns])
    return values, places


def _picture(figure: go.Figure, shape: tuple[int, ...]) -> go.Figure:
    height = round(GRID_PX * shape[0] / shape[1])
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure.update_layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        height=max(LOWEST_PX, TOP_PX + height + BOTTOM_PX),
        margin={"l": 0, "r": 0, "t": TOP_PX, "b": BOTTOM_PX},
    )
