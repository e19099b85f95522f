"""Figures of what networks make of the Ising model: learning, scores, sizes, kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import GRID, LINE
from core.palette import OKABE_ITO
from core.synthesis.ising.exact import CRITICAL_TEMPERATURE
from studies.figures import LEGEND, MARGIN
from studies.ising.model_figures import AT_CRITICAL, TEMPERATURE

if TYPE_CHECKING:
    from studies.ising.training import EpochScore
    from studies.ising.wall_detectors import WallDetector

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "pentagon")


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


def _mark_critical(figure: go.Figure) -> None:
    figure.add_vline(x=CRITICAL_TEMPERATURE, line={"color": LINE, "width": 2, "dash": "dot"})
    figure.add_annotation(AT_CRITICAL)


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
