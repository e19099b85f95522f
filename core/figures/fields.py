"""Many fields in one picture: each field's value, their mean, and groups of fields."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.fields.many.groups import Comparison
from core.fields.many.pooled import PooledMeasurement
from core.figures.size_histogram import LINE, round_length
from core.palette import OKABE_ITO

MOST_TICKS = 10
FIELD, STANDS_OUT = OKABE_ITO[0], OKABE_ITO[5]


def fields_figure(pooled: PooledMeasurement) -> go.Figure:
    """Draw the headline of each field with its interval, and the band of the mean over fields.

    Fields that stand out are diamonds in another colour; those not in :func:`places` are not drawn.
    """
    first = pooled.headline
    shown: list[tuple[int, str, float, tuple[float, float]]] = []
    for index in places(pooled):
        name, field = pooled.fields[index].name, pooled.fields[index].headline
        if field.value is not None:
            shown.append((index, name, field.value, field.interval or (field.value, field.value)))
    out = {one.index for one in pooled.outliers}
    figure = go.Figure(layout=_layout(f"{first.name}{_unit(first.unit)}", "Field"))
    figure.add_scatter(
        x=[index + 1 for index, *_ in shown],
        y=[value for _, _, value, _ in shown],
        mode="markers",
        marker={
            "size": 9,
            "color": [STANDS_OUT if index in out else FIELD for index, *_ in shown],
            "symbol": ["diamond" if index in out else "circle" for index, *_ in shown],
        },
        error_y={
            "array": [high - value for _, _, value, (_, high) in shown],
            "arrayminus": [value - low for _, _, value, (low, _) in shown],
            "color": LINE,
            "thickness": 1,
        },
        customdata=[name for _, name, *_ in shown],
        hovertemplate=f"%{{customdata}}<br>%{{y:.4g}}{_after(first.unit)}<extra></extra>",
    )
    if first.value is not None:
        figure.add_hline(y=first.value, line={"color": LINE, "dash": "dash", "width": 1.5})
    if first.interval is not None:
        low, high = first.interval
        figure.add_hrect(y0=low, y1=high, fillcolor=LINE, opacity=0.18, line_width=0)
    count = len(pooled.fields)
    apart = max(1, round(round_length(count / MOST_TICKS, up=True)))
    figure.update_xaxes(tick0=0, dtick=apart, tickangle=0, range=[0.3, count + 0.7])
    return figure


def places(pooled: PooledMeasurement) -> tuple[int, ...]:
    """Return the places of the fields that have a headline in the unit of all together."""
    unit = pooled.headline.unit
    headlines = [one.headline for one in pooled.fields]
    return tuple(
        index for index, one in enumerate(headlines) if one.value is not None and one.unit == unit
    )


def groups_figure(comparison: Comparison) -> go.Figure:
    """Draw the fields of each group as points beside a box of quartiles."""
    title = f"{comparison.name}{_unit(comparison.unit)}"
    figure = go.Figure(layout=_layout(title, comparison.column))
    for index, (name, values) in enumerate(zip(comparison.groups, comparison.values, strict=True)):
        figure.add_box(
            y=np.asarray(values),
            name=name,
            boxpoints="all",
            jitter=0.4,
            pointpos=0,
            marker={"color": OKABE_ITO[index % len(OKABE_ITO)], "size": 7},
            fillcolor="rgba(128, 128, 128, 0.15)",
            line={"color": LINE, "width": 1.5},
            hovertemplate=f"%{{y:.4g}}{_after(comparison.unit)}<extra>%{{x}}</extra>",
        )
    return figure


def _layout(up: str, across: str) -> dict[str, object]:
    grid = {"gridcolor": "rgba(128, 128, 128, 0.25)", "zerolinecolor": LINE}
    return {
        "xaxis": {"title": across, **grid},
        "yaxis": {"title": up, **grid},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 64, "r": 16, "t": 16, "b": 48},
        "showlegend": False,
        "height": 340,
    }


def _unit(unit: str) -> str:
    return f" in {unit}" if unit else ""


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""
