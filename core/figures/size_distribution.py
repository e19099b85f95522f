"""A measured distribution as a histogram, with its quantiles explained and its fitted curve."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.fields.result import Distribution
from core.figures.size_histogram import LINE, histogram_edges
from core.figures.style import drawn, upright
from core.measurement.particle_size import weighted_quantiles
from core.palette import ACCENT

QUANTILES = (0.1, 0.5, 0.9)
FIT = "#009E73"
TURNS = (5.0, 10.0, 15.0, 30.0)
"""Widths in degrees of bins of directions, of which whole ones fill a half turn."""
NARROW = 0.7
CLOSE = 0.06
"""Of the axis: nearer to each other two names would lie on each other."""


def size_distribution_figure(distribution: Distribution, color: str = ACCENT) -> go.Figure:
    """Draw the share of each bin in %, D10, D50 and D90 above it, and the fitted curve.

    Grounds are transparent and text uncoloured, so any theme may frame it. What a quantile means is
    said under the pointer.
    """
    edges = distribution_edges(distribution)
    total = distribution.weights.sum()
    weights = distribution.weights / total if total else distribution.weights
    share = 100 * np.histogram(distribution.values, edges, weights=weights)[0]
    unit = f" {distribution.unit}" if distribution.unit else ""
    traces: list[dict[str, object]] = [
        {
            "type": "bar",
            "x": (edges[:-1] + edges[1:]) / 2,
            "y": share,
            "width": np.diff(edges),
            "marker": {"color": color, "line": {"color": LINE, "width": 0.5}},
            "customdata": np.column_stack([edges[:-1], edges[1:]]),
            "hovertemplate": f"%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}}{unit}<br>"
            f"%{{y:.3g}} % of the {distribution.counted}<extra></extra>",
        }
    ]
    if distribution.fit is not None:
        low = max(edges[0], edges[-1] / 1000)
        sizes = np.linspace(low, edges[-1], 200)
        traces.append(
            {
                "type": "scatter",
                "x": sizes,
                "y": 100 * (edges[1] - edges[0]) * distribution.fit.density(sizes),
                "mode": "lines",
                "line": {"color": FIT, "width": 2},
                "hovertemplate": f"{distribution.fit.in_words(distribution.unit)}<extra></extra>",
            }
        )
    return drawn(traces, {**_layout(distribution), **_quantiles(distribution, unit)})


def distribution_edges(distribution: Distribution) -> np.ndarray:
    """Return the edges of bins, (n,); those of directions end where the half turn does."""
    edges = histogram_edges(distribution.values)
    if distribution.unit != "°":
        return edges
    wanted = edges[1] - edges[0]
    width = min(TURNS, key=lambda one: abs(np.log(one / wanted)))
    return np.arange(-90.0, 90.0 + width, width)


def _quantiles(distribution: Distribution, unit: str) -> dict[str, object]:
    """Return lines at D10, D50 and D90, and their names."""
    if not has_quantiles(distribution):
        return {}
    values = distribution.values
    sizes = weighted_quantiles(values, distribution.weights, np.array(QUANTILES))
    width = values.max() - (values.min() if _is_narrow(distribution) else 0.0)
    is_close = bool((np.diff(sizes) < CLOSE * width).any())
    notes = []
    for quantile, size in zip(QUANTILES, sizes.tolist(), strict=True):
        name = f"D{100 * quantile:.0f}"
        meaning = (
            f"{name}: {100 * quantile:.0f} % of the {distribution.counted}<br>"
            f"are smaller than {size:.4g}{unit}, {100 * (1 - quantile):.0f} % larger"
        )
        # Above the frame, where neither a bar nor a line of the grid runs through it.
        notes.append(
            {
                "text": name,
                "hovertext": meaning,
                "x": size,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                # Then D50 stands above the other two.
                "yshift": 12 if is_close and quantile == 0.5 else 0,
                "showarrow": False,
                "captureevents": True,
            }
        )
    lines = [upright(size, LINE, 1.5, "dash") for size in sizes.tolist()]
    return {"shapes": lines, "annotations": notes}


def has_quantiles(distribution: Distribution) -> bool:
    """Return whether D10, D50 and D90 are drawn: of sizes, not of directions."""
    return len(distribution.values) > 1 and distribution.unit != "°"


def _is_narrow(distribution: Distribution) -> bool:
    """Return whether sizes are so alike that from 0 on their bars would be a line."""
    values = distribution.values
    return bool(len(values)) and float(values.min()) > NARROW * float(values.max())


def _layout(distribution: Distribution) -> dict[str, object]:
    unit = f" in {distribution.unit}" if distribution.unit else ""
    grid = {"gridcolor": "rgba(128, 128, 128, 0.25)", "zerolinecolor": LINE}
    return {
        "xaxis": {
            "title": {"text": f"{distribution.name}{unit} (n = {len(distribution.values):,})"},
            "rangemode": "normal" if _is_narrow(distribution) else "tozero",
            **grid,
        },
        "yaxis": {"title": {"text": f"Share of the {distribution.counted} in %"}, **grid},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 56, "r": 16, "t": 36, "b": 48},
        "showlegend": False,
        "bargap": 0,
        "height": 320,
    }
