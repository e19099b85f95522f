"""Figures of the gold study: grey levels, what each fault costs, receptive fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import GRID, LINE, upright
from core.palette import OKABE_ITO, rgb
from studies.figures import plain_figure

DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star", "cross", "pentagon")


@dataclass(frozen=True)
class Curve:
    """Measured means ``y`` at ``x`` under a name, and the ends of their intervals where known."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def grey_figure(carbon: np.ndarray, particle: np.ndarray, threshold: float | None) -> go.Figure:
    """Draw how often each grey level in [0, 1] occurs on carbon and on particles, and a threshold.

    ``carbon``, ``particle``: grey levels (n,) of the pixels of each, each drawn as a share of its
    own pixels.
    """
    edges = _edges(np.concatenate([carbon, particle]))
    traces = []
    for index, (name, values) in enumerate((("carbon", carbon), ("particle", particle))):
        share, _ = np.histogram(values, edges)
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": ((edges[1:] + edges[:-1]) / 2).tolist(),
                "width": np.diff(edges).tolist(),
                "y": (100 * share / max(len(values), 1)).tolist(),
                "marker": {"color": OKABE_ITO[index], "opacity": 0.7},
            }
        )
    figure = plain_figure(traces, "grey level", "pixels of each (%)")
    figure.update_layout(barmode="overlay", bargap=0)
    if threshold is not None:
        figure.update_layout(shapes=[upright(threshold, LINE, 3, "dash")])
    return figure


def _edges(values: np.ndarray, most: int = 48) -> np.ndarray:
    """Return edges between which equally many grey levels lie: electrons come in whole numbers."""
    levels = np.unique(np.round(values, 6))
    if not 2 < len(levels) <= 512:
        return np.linspace(0, 1, most + 1)
    first = levels[:: -(-len(levels) // most)]
    step = (levels[-1] - levels[0]) / (len(levels) - 1)
    return np.append(first - step / 2, levels[-1] + step / 2)


def curves_figure(
    curves: Sequence[Curve], x: str, trained: tuple[float, float] | None, log: bool = False
) -> go.Figure:
    """Draw the Dice coefficient over one property of the images.

    ``trained``: the range of the training images, shaded.
    """
    traces = [_curve(curve, index) for index, curve in enumerate(curves)]
    figure = plain_figure(traces, x, "Dice, unseen images")
    figure.layout.yaxis.update(range=[-0.03, 1.03])
    if log:
        figure.layout.xaxis.update(type="log", **_log_ticks([x for one in curves for x in one.x]))
    if trained is not None:
        figure.update_layout(shapes=[_band(trained)])
    return figure


def _log_ticks(values: Sequence[float]) -> dict[str, Any]:
    """Return ticks at powers of ten, or at the values where these span less than two of them."""
    if max(values) >= 100 * min(values):
        return {"dtick": 1, "exponentformat": "power"}
    return {"tickvals": sorted(set(values)), "minor": {"showgrid": False}}


def _curve(curve: Curve, index: int) -> dict[str, Any]:
    color = OKABE_ITO[index % len(OKABE_ITO)]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": curve.name,
        "x": list(curve.x),
        "y": list(curve.y),
        "line": {"color": color, "width": 3, "dash": DASHES[index % len(DASHES)]},
        "marker": {"size": 9, "symbol": SYMBOLS[index % len(SYMBOLS)]},
    }
    if curve.low:
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [high - y for high, y in zip(curve.high, curve.y, strict=True)],
            "arrayminus": [y - low for low, y in zip(curve.low, curve.y, strict=True)],
            "color": color,
        }
    return trace


def _band(trained: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": trained[0],
        "x1": trained[1],
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": GRID,
        "line": {"width": 0},
        "layer": "below",
    }


@dataclass(frozen=True)
class Dot:
    """One network: its receptive field, its Dice, and the ends of its 95 % interval."""

    field_px: float
    dice: float
    low: float
    high: float


def field_figure(dots: Mapping[str, Sequence[Dot]]) -> go.Figure:
    """Draw Dice over the theoretical receptive field, one dot a network.

    ``dots``: under the name of the images. A line joins the means of each field.
    """
    traces: list[dict[str, Any]] = []
    for index, (name, found) in enumerate(dots.items()):
        color = OKABE_ITO[(0, 1)[index % 2]]
        fields = sorted({dot.field_px for dot in found})
        means = [
            float(np.mean([dot.dice for dot in found if dot.field_px == field])) for field in fields
        ]
        line = {"color": color, "width": 3, "dash": DASHES[index % len(DASHES)]}
        traces.append(
            {"type": "scatter", "mode": "lines", "x": fields, "y": means, "line": line}
            | {"showlegend": False, "hoverinfo": "skip"}
        )
        marker = {"size": 12, "symbol": SYMBOLS[index % len(SYMBOLS)], "color": color}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [dot.field_px for dot in found],
                "y": [dot.dice for dot in found],
                "error_y": _interval(found, color),
                "marker": marker,
            }
        )
    figure = plain_figure(traces, "theoretical receptive field (px)", "Dice, unseen images")
    figure.layout.xaxis.update(type="log", tickvals=_fields_of(dots), minor={"showgrid": False})
    return figure


def _interval(dots: Sequence[Dot], color: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [dot.high - dot.dice for dot in dots],
        "arrayminus": [dot.dice - dot.low for dot in dots],
        "color": color,
        "thickness": 1.5,
    }


def _fields_of(dots: Mapping[str, Sequence[Dot]]) -> list[float]:
    return sorted({dot.field_px for found in dots.values() for dot in found})


def mask_picture(
    grey: np.ndarray, found: np.ndarray, truth: np.ndarray | None = None, opacity: float = 0.45
) -> np.ndarray:
    """Return the image (H, W) in [0, 1] with a mask over it as colours (H, W, 3) uint8.

    ``found``: vermilion; ``truth``: blue where it was missed; yellow where both are, or all that
    was found where there is no truth.
    """
    picture = np.repeat(255 * np.clip(grey, 0, 1)[..., None], 3, axis=2)
    right = found if truth is None else found & truth
    parts = [(right, OKABE_ITO[6])]
    if truth is not None:
        parts += [(found & ~truth, OKABE_ITO[5]), (truth & ~found, OKABE_ITO[0])]
    for part, color in parts:
        picture[part] = (1 - opacity) * picture[part] + opacity * rgb(color)
    return np.rint(picture).astype(np.uint8)


def around(image: np.ndarray, objects: np.ndarray, number: int, margin_px: int = 8) -> np.ndarray:
    """Return the part of ``image`` (H, W) around one of ``objects`` (H, W), with a margin."""
    rows, columns = np.nonzero(objects == number)
    top, left = max(0, rows.min() - margin_px), max(0, columns.min() - margin_px)
    part = image[top : rows.max() + 1 + margin_px, left : columns.max() + 1 + margin_px]
    return np.ascontiguousarray(part)
