"""Figures of the Ising model itself: lattices, Onsager's exact curves, snapshots beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import plotly.graph_objects as go

from core.figures.lecture.pictures import Shown, pictures
from core.figures.style import GRID, LINE, drawn, upright
from core.palette import OKABE_ITO
from core.synthesis.ising import exact as ising_exact
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.lattice import energy, magnetization
from core.synthesis.ising.snapshots import Snapshots
from studies.figures import LEGEND, MARGIN

if TYPE_CHECKING:
    from core.synthesis.ising.live import Mean

TEMPERATURE = "temperature (J/k)"
AT_CRITICAL = {
    "x": CRITICAL_TEMPERATURE,
    "y": 1,
    "yref": "paper",
    "text": "Tc",
    "showarrow": False,
    "xshift": 14,
    "yshift": -8,
}
"""A label at the critical temperature, in plotly's own terms."""
_EXAMPLE = np.array(
    [
        [1 if sign == "+" else -1 for sign in row]
        for row in ("++++++", "++--++", "+---++", "+---++", "++-+++", "+++++-")
    ]
)
_COSTS = tuple(bytes.fromhex(OKABE_ITO[1].removeprefix("#")))
QUANTITIES = {
    "energy": ("energy per site (J)", ising_exact.energy, [-2.08, 0.05]),
    "magnetization": ("|m|", ising_exact.magnetization, [-0.03, 1.05]),
}


def lattice_pixels(spins: np.ndarray, least_side: int = 256) -> np.ndarray:
    """Return a lattice (L, L) as grey levels (h, w) in [0, 1], each spin a square of whole px."""
    squares = max(1, -(-least_side // len(spins)))
    grey = np.where(spins > 0, 0.93, 0.16).astype(np.float32)
    return grey.repeat(squares, 0).repeat(squares, 1)


def model_figure(snapshots: Sequence[tuple[float, np.ndarray]]) -> go.Figure:
    """Draw what the model is: a few spins with the bonds that cost energy, and beside them lattices
    (L, L) with their temperatures in J/k."""
    shown = [Shown(spins_picture(_EXAMPLE), "Bonds that cost 2 J")]
    for temperature, spins in snapshots:
        shown.append(Shown(lattice_pixels(spins), f"T = {temperature:.2f} J/k"))
    return pictures(shown)


def spins_picture(spins: np.ndarray, site_px: int = 48) -> np.ndarray:
    """Return a lattice (L, L) with an arrow on each site and a line on each bond between unlike
    spins, (h, w, 3) uint8."""
    side = len(spins) * site_px
    picture = np.rint(255 * lattice_pixels(spins, side)).astype(np.uint8)
    picture = np.ascontiguousarray(np.repeat(picture[..., None], 3, axis=2))
    for row, column in np.ndindex(spins.shape):
        up = spins[row, column] > 0
        x, y = (int((place + 0.5) * site_px) for place in (column, row))
        reach = (site_px // 4) * (1 if up else -1)
        ink = (60, 60, 60) if up else (225, 225, 225)
        cv2.arrowedLine(picture, (x, y + reach), (x, y - reach), ink, 3, cv2.LINE_AA, tipLength=0.4)
        left, top = column * site_px, row * site_px
        if column and spins[row, column - 1] != spins[row, column]:
            cv2.line(picture, (left, top), (left, top + site_px), _COSTS, 5)
        if row and spins[row - 1, column] != spins[row, column]:
            cv2.line(picture, (left, top), (left + site_px, top), _COSTS, 5)
    return picture


def exact_figure(
    quantity: str, temperature: float, now: float, mean: Mean | None, side: int
) -> go.Figure:
    """Draw Onsager's curve of one of QUANTITIES, a live lattice's value on it, and its mean with
    two standard errors."""
    curve, layout = _exact(quantity)
    traces = [curve, _marks([temperature], [now], "now", OKABE_ITO[1], "circle", 13)]
    if mean is not None:
        name = f"mean, L = {side}"
        marks = _marks([temperature], [mean.value], name, OKABE_ITO[5], "diamond", 13)
        error = {"array": [2 * mean.error], "color": OKABE_ITO[5]}
        traces.append({**marks, "error_y": error})
    return drawn(traces, layout)


def snapshots_figure(quantity: str, data: Snapshots, name: str) -> go.Figure:
    """Draw one of QUANTITIES of every snapshot over its temperature, and Onsager's curve."""
    values = energy(data.spins) if quantity == "energy" else np.abs(magnetization(data.spins))
    curve, layout = _exact(quantity)
    return drawn(
        [curve, _marks(data.temperatures, values, name, OKABE_ITO[1], "circle", 4)], layout
    )


@cache
def _exact(quantity: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Onsager's curve and the layout around it, in plotly's own terms."""
    title, exact, range_ = QUANTITIES[quantity]
    # An even grid would step over the steep end of m just below Tc.
    near = CRITICAL_TEMPERATURE - np.geomspace(1e-6, 1, 60)
    temperatures = np.sort(np.concatenate([np.linspace(0.05, 4.6, 120), near]))
    curve = {
        "type": "scatter",
        "x": temperatures,
        "y": exact(temperatures),
        "name": "exact, infinite lattice",
        "mode": "lines",
        "line": {"color": OKABE_ITO[0], "width": 3},
    }
    layout = {
        "shapes": [upright(CRITICAL_TEMPERATURE, width=2, dash="dot")],
        "annotations": [AT_CRITICAL],
        "xaxis": {"title": {"text": TEMPERATURE}, "gridcolor": GRID, "range": [0, 4.6]},
        "yaxis": {"title": {"text": title}, "gridcolor": GRID, "range": range_, "zeroline": False},
        "margin": MARGIN,
        "legend": LEGEND,
    }
    return curve, layout


def _marks(x: Any, y: Any, name: str, color: str, symbol: str, size: int) -> dict[str, Any]:
    marker = {"color": color, "size": size, "symbol": symbol, "line": {"color": LINE, "width": 0.5}}
    return {"type": "scatter", "x": x, "y": y, "name": name, "mode": "markers", "marker": marker}


def feature_figure(
    values: np.ndarray, labels: np.ndarray, threshold: float, axis: str
) -> go.Figure:
    """Draw how often each value (N,) occurs below and above Tc, and a threshold between them."""
    edges = np.linspace(values.min(), values.max(), 41)
    figure = go.Figure()
    for label, name in ((0, "T < Tc"), (1, "T > Tc")):
        counts, _ = np.histogram(values[labels == label], edges)
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            name=name,
            marker={"color": OKABE_ITO[label], "opacity": 0.75},
        )
    figure.add_vline(x=threshold, line={"color": LINE, "width": 3})
    figure.update_xaxes(title=axis, gridcolor=GRID)
    figure.update_yaxes(title="snapshots", gridcolor=GRID)
    return figure.update_layout(barmode="overlay", bargap=0, margin=MARGIN, legend=LEGEND)
