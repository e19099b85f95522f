"""Figures of the Ising study: curves over temperature, learning, scores, sizes, kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.concepts_style import GRID, LINE, drawn, upright
from core.figures.lecture_pictures import Shown, pictures
from core.palette import OKABE_ITO
from core.synthesis.ising import exact as ising_exact
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from core.synthesis.ising.lattice import energy, magnetization
from core.synthesis.ising.snapshots import Snapshots
from studies.figures import LEGEND, MARGIN

if TYPE_CHECKING:
    from core.synthesis.ising.live import Mean
    from studies.ising.training import EpochScore
    from studies.ising.wall_detectors import WallDetector

TEMPERATURE = "temperature (J/k)"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "pentagon")
_EXAMPLE = np.array(
    [
        [1 if sign == "+" else -1 for sign in row]
        for row in ("++++++", "++--++", "+---++", "+---++", "++-+++", "+++++-")
    ]
)
_CRITICAL = {
    "x": CRITICAL_TEMPERATURE,
    "y": 1,
    "yref": "paper",
    "text": "Tc",
    "showarrow": False,
    "xshift": 14,
    "yshift": -8,
}
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
        "annotations": [_CRITICAL],
        "xaxis": {"title": {"text": TEMPERATURE}, "gridcolor": GRID, "range": [0, 4.6]},
        "yaxis": {"title": {"text": title}, "gridcolor": GRID, "range": range_, "zeroline": False},
        "margin": MARGIN,
        "legend": LEGEND,
    }
    return curve, layout


def _marks(x: Any, y: Any, name: str, color: str, symbol: str, size: int) -> dict[str, Any]:
    marker = {"color": color, "size": size, "symbol": symbol, "line": {"color": LINE, "width": 0.5}}
    return {"type": "scatter", "x": x, "y": y, "name": name, "mode": "markers", "marker": marker}


def _mark_critical(figure: go.Figure) -> None:
    figure.add_vline(x=CRITICAL_TEMPERATURE, line={"color": LINE, "width": 2, "dash": "dot"})
    figure.add_annotation(_CRITICAL)


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


def loss_figure(scores: Sequence[EpochScore], epochs: int) -> go.Figure:
    """Draw the loss of each epoch so far."""
    figure = go.Figure()
    epochs_so_far = [one.epoch for one in scores]
    _line(figure, epochs_so_far, [one.loss for one in scores], "loss, training", 0)
    return _over_epochs(figure, epochs, "cross-entropy")


def accuracy_figure(scores: Sequence[EpochScore], epochs: int, baseline: float) -> go.Figure:
    """Draw the accuracy of each epoch so far beside that of the energy threshold."""
    figure = go.Figure()
    epochs_so_far = [one.epoch for one in scores]
    _line(figure, epochs_so_far, [one.score for one in scores], "training", 0)
    _line(figure, epochs_so_far, [one.held_back for one in scores], "validation", 1)
    figure.add_scatter(
        x=[0, epochs + 1],
        y=[baseline, baseline],
        name="energy threshold",
        mode="lines",
        line={"color": LINE, "width": 2, "dash": "dash"},
    )
    return _over_epochs(figure, epochs, "accuracy")


def _over_epochs(figure: go.Figure, epochs: int, title: str) -> go.Figure:
    figure.update_xaxes(title="epoch", gridcolor=GRID, range=[0.5, epochs + 0.5])
    figure.update_yaxes(title=title, gridcolor=GRID)
    return figure.update_layout(margin=MARGIN, legend=LEGEND)


def _line(figure: go.Figure, x: Any, y: Any, name: str, index: int, error: Any = None) -> None:
    color = OKABE_ITO[index % 6]
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"color": color, "width": 3, "dash": DASHES[index % len(DASHES)]},
        marker={"size": 8, "symbol": SYMBOLS[index % len(SYMBOLS)]},
        error_y=None if error is None else {"array": error, "color": color},
    )


def parameters_figure(
    titles: Sequence[str], parameters: Sequence[int], folds: Sequence[Sequence[float]]
) -> go.Figure:
    """Draw the wrong answers of every network in its five folds over its number of parameters."""
    figure = go.Figure()
    for index, (title, count, scores) in enumerate(zip(titles, parameters, folds, strict=True)):
        wrong = 100 * (1 - np.array(scores))
        mean = float(wrong.mean())
        figure.add_scatter(
            x=[count],
            y=[mean],
            name=title,
            mode="markers",
            marker={
                "size": 13,
                "color": OKABE_ITO[index % 6],
                "symbol": SYMBOLS[index % len(SYMBOLS)],
            },
            error_y={
                "array": [wrong.max() - mean],
                "arrayminus": [mean - wrong.min()],
            },
        )
    figure.update_xaxes(title="parameters", type="log", gridcolor=GRID, exponentformat="power")
    figure.update_xaxes(dtick=1)
    figure.update_yaxes(
        title="wrong (%)", type="log", gridcolor=GRID, tickvals=(1, 2, 5, 10, 20, 50)
    )
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(margin=MARGIN, legend=legend)


def by_temperature_figure(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> go.Figure:
    """Draw the accuracy of each name of ``curves`` in each bin of the measured rows."""
    figure = go.Figure()
    for index, (name, rows) in enumerate(curves.items()):
        temperatures = [row["temperature"] for row in rows]
        accuracy = [100 * row["right"] / row["images"] for row in rows]
        _line(figure, temperatures, accuracy, name, index)
    _mark_critical(figure)
    figure.update_xaxes(title=TEMPERATURE, gridcolor=GRID)
    figure.update_yaxes(title="right (%)", gridcolor=GRID, range=[-3, 103])
    return figure.update_layout(margin=MARGIN, legend=LEGEND)


def confusion_figure(confusion: Sequence[Sequence[int]]) -> go.Figure:
    """Draw how many images of each true class got which answer."""
    names = ["T < Tc", "T > Tc"]
    counts = np.array(confusion)
    figure = go.Figure(
        go.Heatmap(
            z=counts / counts.sum(1, keepdims=True),
            x=names,
            y=names,
            text=counts,
            texttemplate="%{text:,}",
            colorscale="Blues",
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    figure.update_xaxes(title="answer")
    figure.update_yaxes(title="truth", autorange="reversed")
    return figure.update_layout(margin=MARGIN)


def sizes_figure(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Draw P(T > Tc) over temperature for each size, with standard errors and the fitted curve."""
    figure = go.Figure()
    for index, side in enumerate(sorted({row["side"] for row in rows})):
        mine = [row for row in rows if row["side"] == side]
        temperatures = [row["temperature"] for row in mine]
        color = OKABE_ITO[(0, 2, 5)[index % 3]]
        figure.add_scatter(
            x=temperatures,
            y=[row["fitted"] for row in mine],
            mode="lines",
            line={"color": color, "width": 2, "dash": DASHES[index]},
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=temperatures,
            y=[row["says_above"] for row in mine],
            error_y={"array": [row["standard_error"] for row in mine], "color": color},
            name=f"L = {side:g}",
            mode="markers",
            marker={"size": 10, "symbol": SYMBOLS[index], "color": color},
        )
    _mark_critical(figure)
    figure.update_xaxes(title=TEMPERATURE, gridcolor=GRID)
    figure.update_yaxes(title="mean answer, P(T > Tc)", gridcolor=GRID)
    return figure.update_layout(margin=MARGIN, legend=LEGEND)


def binder_figure(
    rows: Sequence[Mapping[str, Any]], crossings: Sequence[Mapping[str, Any]]
) -> go.Figure:
    """Draw Binder's cumulant over temperature for each size, with standard errors, and mark where
    the largest two cross."""
    figure = go.Figure()
    for index, side in enumerate(sorted({row["side"] for row in rows})):
        mine = [row for row in rows if row["side"] == side]
        errors = [row["cumulant_error"] for row in mine]
        temperatures = [row["temperature"] for row in mine]
        cumulants = [row["cumulant"] for row in mine]
        _line(figure, temperatures, cumulants, f"L = {side:g}", index, errors)
    _mark_critical(figure)
    found = crossings[-1]
    figure.add_vrect(*found["interval_95"], fillcolor=OKABE_ITO[1], opacity=0.25, line={"width": 0})
    figure.update_xaxes(title=TEMPERATURE, gridcolor=GRID, range=[2.08, 2.42])
    figure.update_yaxes(title="Binder cumulant U", gridcolor=GRID, range=[0.15, 0.69])
    return figure.update_layout(margin=MARGIN, legend=LEGEND)


def regression_figure(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> go.Figure:
    """Draw the temperature that networks tell over the true one, with the error of one image."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 4.6], y=[0, 4.6], name="right", mode="lines", line={"color": LINE, "dash": "dash"}
    )
    for index, (name, rows) in enumerate(curves.items()):
        spread = [np.sqrt(row["squared_error"]) for row in rows]
        temperatures = [row["temperature"] for row in rows]
        _line(figure, temperatures, [row["answer"] for row in rows], name, index, spread)
    _mark_critical(figure)
    figure.update_xaxes(title=f"true {TEMPERATURE}", gridcolor=GRID)
    figure.update_yaxes(title=f"told {TEMPERATURE}", gridcolor=GRID)
    return figure.update_layout(margin=MARGIN, legend=LEGEND)


def kernels_figure(detectors: Sequence[WallDetector]) -> go.Figure:
    """Draw the kernels side by side, one scale for all: blue above 0, red below."""
    titles = [f"kernel {index}" for index in range(len(detectors))]
    columns = 4
    rows = -(-len(detectors) // columns)
    figure = make_subplots(rows, columns, subplot_titles=titles, vertical_spacing=0.16)
    limit = max(float(np.abs(one.weights).max()) for one in detectors)
    for index, one in enumerate(detectors):
        figure.add_trace(
            go.Heatmap(z=one.weights, zmin=-limit, zmax=limit, colorscale="RdBu", showscale=False),
            index // columns + 1,
            index % columns + 1,
        )
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure.update_layout(margin={"l": 4, "r": 4, "t": 40, "b": 4})
