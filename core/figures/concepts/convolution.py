"""Figures of the page Convolution: sums in cells, kernels, borders, how often a pixel is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.concepts.convolution.convolution import OnePixel
from core.figures.cell_numbers import greys, numbered
from core.figures.inspection.overlays import DIVERGING, SEQUENTIAL, colors
from core.figures.style import GREYS, color_scale, drawn, level, upright

MOST_NUMBERED = 16
"""Cells along a side up to which the number is written into each cell."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One grid of numbers: ``values`` (h, w), a ``title``, and how to write a number.

    ``signed``: one scale around 0, red above and blue below; else grey from ``low`` to ``high``.
    """

    values: np.ndarray
    title: str
    form: str = ".3g"
    signed: bool = True
    low: float = 0.0
    high: float = 1.0


def panels(shown: Sequence[Panel], signs: Sequence[str] = (), gap: float = 0.06) -> go.Figure:
    """Draw grids of numbers side by side, ``signs`` such as "x" and "=" between them."""
    count = len(shown)
    width = (1 - gap * (count - 1)) / count
    starts = [index * (width + gap) for index in range(count)]
    names = ["", *map(str, range(2, count + 1))]
    layout: dict[str, Any] = {"margin": {"l": 0, "r": 0, "t": 36, "b": 8}, "showlegend": False}
    grids, notes = [], []
    for panel, start, name in zip(shown, starts, names, strict=True):
        place = {"xaxis": f"x{name}", "yaxis": f"y{name}"}
        grids += [{**grid, **place} for grid in _grids(panel)]
        layout[f"xaxis{name}"] = {
            "domain": [start, start + width],
            "anchor": f"y{name}",
            "visible": False,
            "constrain": "domain",
            "constraintoward": "center",
        }
        layout[f"yaxis{name}"] = {
            "domain": [0, 1],
            "anchor": f"x{name}",
            "visible": False,
            "autorange": "reversed",
            "constrain": "domain",
            "scaleanchor": f"x{name}",
        }
        # Right above the cells, which are square and so seldom fill their place.
        own = {"xref": f"x{name} domain", "yref": f"y{name} domain", "yanchor": "bottom"}
        notes.append(_note(0.5, 1, panel.title) | own)
    for start, sign in zip(starts[1:], signs, strict=False):
        notes.append(_note(start - gap / 2, 0.5, sign) | {"font": {"size": 30}})
    return drawn(grids, {**layout, "annotations": notes})


def _note(x: float, y: float, text: str) -> dict[str, Any]:
    place = {"x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "center"}
    return {**place, "text": text, "showarrow": False}


def arithmetic(found: OnePixel) -> go.Figure:
    """Draw patch x kernel = products for one output pixel."""
    return panels(
        [
            Panel(found.patch, "Patch of the image", ".2f", signed=False),
            Panel(found.weights, "Kernel as it is laid on"),
            # Three decimals fit into the cells of the smallest kernel only.
            Panel(found.products, "Products", ".3f" if len(found.patch) == 3 else ".2g"),
        ],
        ("×", "="),
    )


def read_figure(counts: np.ndarray) -> go.Figure:
    """Draw how often each pixel is read, (n, n); a pixel that is never read is crossed out."""
    side = len(counts)
    most = max(1, int(counts.max()))
    grid = {
        "type": "heatmap",
        "z": counts,
        "zmin": 0,
        "zmax": most,
        "colorscale": color_scale(SEQUENTIAL),
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "row %{y}, column %{x}: read %{z} times<extra></extra>",
        "colorbar": {"title": "times read", "tickformat": "d"},
        "showscale": side > MOST_NUMBERED,
    }
    layout = {
        "xaxis": {"visible": False, "constrain": "domain"},
        "yaxis": {"visible": False, "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"l": 0, "r": 0, "t": 8, "b": 8},
    }
    if side > MOST_NUMBERED:
        return drawn([grid], layout)
    labels = np.where(counts == 0, "×", counts.astype(str))
    return drawn(numbered(grid, labels, colors(counts, 0, most, SEQUENTIAL)), layout)


def border_figure(corners: Mapping[str, np.ndarray], padding: int) -> go.Figure:
    """Draw the top left corner of an image as each way of padding continues it.

    ``corners``: (h, w) in [0, 1] by title, ``padding`` px of invention at top and left.
    """
    figure = panels(
        [Panel(values, title, "", signed=False) for title, values in corners.items()], gap=0.02
    )
    shapes = []
    for name in ("", *map(str, range(2, len(corners) + 1))):
        across = {"xref": f"x{name} domain", "yref": f"y{name}"}
        along = {"xref": f"x{name}", "yref": f"y{name} domain"}
        edge = padding - 0.5
        shapes += [level(edge, "#E69F00") | across, upright(edge, "#E69F00") | along]
    return figure.update_layout(shapes=shapes)


def feature_colors(values: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
    """Return a feature map (h, w) as colours (h, w, 3) uint8.

    A map of both signs: one scale around 0, red above and blue below. A map of one sign: grey
    from its lowest to its highest. The outermost 0.5 % at each end take the end's colour.
    ``of``: the map whose scale is taken, where ``values`` are only a part of it.
    """
    low, high, scale = feature_scale(values if of is None else of)
    return colors(values, low, high, scale)


def feature_scale(values: np.ndarray) -> tuple[float, float, str]:
    """Return lowest and highest value that have colours of their own, and the scale between."""
    low, high = (float(value) for value in np.percentile(values, (0.5, 99.5)))
    if low < 0 < high:
        limit = max(-low, high)
        return -limit, limit, DIVERGING
    return low, high if high > low else low + 1, "Greys_r"


def scale_colors(scale: str = DIVERGING) -> list[str]:
    """Return 256 colours of a scale from low to high, as a browser writes them."""
    return css_colors(colors(np.linspace(0, 1, 256)[None], 0, 1, scale))


def css_colors(shown: np.ndarray) -> list[str]:
    """Return colours (h, w, 3) uint8 as a browser writes them, row by row: "#rrggbb"."""
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in shown.reshape(-1, 3)]


def difference_colors(difference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a difference of maps (h, w) as colours (h, w, 3) uint8, on the scale of ``values``.

    White is no difference.
    """
    limit = float(np.percentile(np.abs(values), 99.5)) or 1.0
    return colors(difference, -limit, limit, DIVERGING)


def heat_colors(values: np.ndarray) -> np.ndarray:
    """Return values (h, w) as colours (h, w, 3) uint8, from their lowest to their highest."""
    return colors(values, float(values.min()), float(values.max()), SEQUENTIAL)


def _grids(panel: Panel) -> list[dict[str, Any]]:
    values = np.asarray(panel.values, float)
    is_numbered = panel.form and max(values.shape) <= MOST_NUMBERED
    limit = float(np.abs(values).max()) or 1.0
    low, high = (-limit, limit) if panel.signed else (panel.low, panel.high)
    scale = color_scale(DIVERGING) if panel.signed else GREYS
    grid = {
        "type": "heatmap",
        "z": values,
        "zmin": low,
        "zmax": high,
        "colorscale": scale,
        "showscale": False,
        "xgap": 1 if is_numbered else 0,
        "ygap": 1 if is_numbered else 0,
        "hovertemplate": "row %{y}, column %{x}: %{z:.4g}<extra></extra>",
    }
    if not is_numbered:
        return [grid]
    labels = np.array([[f"{one:{panel.form}}".replace("-", "−") for one in row] for row in values])
    shown = colors(values, low, high, DIVERGING) if panel.signed else greys(values, low, high)
    return numbered(grid, labels, shown)
