"""How large the objects are, as a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.figures.style import drawn, upright
from core.measurement.particle_size import weighted_quantiles
from core.measurement.readable_units import in_readable_units
from core.palette import ACCENT
from core.types.segmentation import Phase

Weighting = Literal["number", "area"]
MOST_BINS, FEW_OBJECTS = 60, 6
# Mid-grey: a contrast of more than 3 to 1 on white and on near-black alike.
LINE = "#808080"


@dataclass(frozen=True, eq=False)
class SizeHistogram:
    """``edges``: (B + 1,) equivalent diameters in ``unit``. ``values``: (B,) objects in each bin,
    or percent of the area. ``counted``: objects in it. ``cut``: objects left out because the edge
    of the image cuts them. ``median``, ``mean``: diameter by number, in ``unit``; when objects are
    left out, each that is counted has its edge weight, as large ones are cut more often.
    """

    edges: np.ndarray
    values: np.ndarray
    unit: str
    counted: int
    cut: int
    median: float
    mean: float


def size_bins(
    table: pd.DataFrame, weighting: Weighting = "number", include_cut: bool = False
) -> SizeHistogram:
    """Sort the objects of :func:`core.measurement.regions.measure_objects` into bins of one width.

    The width of the bins follows Freedman and Diaconis 1981, rounded to 1, 2 or 5 times a power of
    ten: at most 60 of them, and no fewer than the rule of Sturges 1926 gives, log2 n + 1.
    Diameters have the unit of :func:`core.measurement.readable_units.in_readable_units`. Objects
    cut by the edge have no size of their own, so they are left out unless ``include_cut``.
    """
    table = in_readable_units(table)
    column = next(name for name in table if str(name).startswith("equivalent_diameter_"))
    unit = column.rpartition("_")[2].replace("um", "\N{MICRO SIGN}m")
    whole = table if include_cut else table[~table.touches_edge.astype(bool)]
    sizes = whole[column].to_numpy(float)
    edge_weights = np.ones(len(sizes)) if include_cut else whole["edge_weight"].to_numpy(float)
    median, mean = _median_and_mean(sizes, edge_weights)
    edges = histogram_edges(sizes)
    weights = sizes**2 if weighting == "area" else np.ones(len(sizes))
    values = np.histogram(sizes, edges, weights=weights)[0]
    if weighting == "area" and len(sizes):
        values = 100 * values / weights.sum()
    return SizeHistogram(edges, values, unit, len(sizes), len(table) - len(whole), median, mean)


def _median_and_mean(sizes: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    if not len(sizes):
        return float("nan"), float("nan")
    median = weighted_quantiles(sizes, weights, np.array([0.5]))[0]
    return float(median), float(np.average(sizes, weights=weights))


def size_histogram(
    table: pd.DataFrame,
    weighting: Weighting = "number",
    include_cut: bool = False,
    phase: Phase | None = None,
) -> go.Figure:
    """Draw :func:`size_bins`: grounds transparent and text uncoloured, so any theme may frame it.

    ``phase``: whose objects they are; bars have its colour, the axis its name. The dashed line is
    the median diameter by number, edge-corrected. Without any object the figure says so.
    """
    found = size_bins(table, weighting, include_cut)
    layout = _layout(found, weighting, phase)
    if not found.counted:
        where = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        note = {"text": "No whole object to measure", "showarrow": False, **where}
        return drawn([], {**layout, "annotations": [note]})
    width = np.diff(found.edges)
    value = "%{y:.3g} % of the area" if weighting == "area" else "%{y:.0f} objects"
    bars = {
        "type": "bar",
        "x": found.edges[:-1] + width / 2,
        "y": found.values,
        "width": width,
        "marker": {
            "color": phase.color if phase else ACCENT,
            "line": {"color": LINE, "width": 0.5},
        },
        "customdata": np.column_stack([found.edges[:-1], found.edges[1:]]),
        "hovertemplate": f"%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}} {found.unit}<br>{value}"
        "<extra></extra>",
    }
    # Above the frame, where neither a bar nor a line of the grid runs through it.
    share = found.median / found.edges[-1]
    note = {
        "text": f"median {found.median:.3g} {found.unit}",
        "x": found.median,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left" if share < 0.15 else "right" if share > 0.85 else "center",
        "showarrow": False,
    }
    line = upright(found.median, LINE, 1.5, "dash")
    return drawn([bars], {**layout, "shapes": [line], "annotations": [note]})


def _layout(found: SizeHistogram, weighting: Weighting, phase: Phase | None) -> dict[str, object]:
    left_out = f", {found.cut} cut by the edge left out" if found.cut else ""
    counted = f"n = {found.counted}{left_out}"
    objects = f"objects ({phase.name})" if phase else "objects"
    title = (
        f"Share of the area of {objects} in %" if weighting == "area" else f"Number of {objects}"
    )
    grid = {"gridcolor": "rgba(128, 128, 128, 0.25)", "zerolinecolor": LINE}
    # Left alone, plotly marks half objects.
    few = {"dtick": 1} if weighting == "number" and found.values.max() <= FEW_OBJECTS else {}
    return {
        "xaxis": {
            "title": {"text": f"Equivalent diameter in {found.unit} ({counted})"},
            "rangemode": "tozero",
            **grid,
        },
        "yaxis": {"title": {"text": title}, "rangemode": "tozero", **few, **grid},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 56, "r": 16, "t": 28, "b": 48},
        "showlegend": False,
        "bargap": 0,
        "height": 300,
    }


def histogram_edges(sizes: np.ndarray) -> np.ndarray:
    """Return bin edges at whole multiples of a round width."""
    if not len(sizes):
        return np.array([0.0, 1.0])
    spread = np.subtract(*np.quantile(sizes, [0.75, 0.25]))
    span = np.ptp(sizes)
    wanted = 2 * spread / len(sizes) ** (1 / 3) or sizes.max() / 10
    if span:
        wanted = max(min(wanted, span / (np.log2(len(sizes)) + 1)), span / MOST_BINS)
    width = min(
        (round_length(wanted), round_length(wanted, up=True)),
        key=lambda length: abs(np.log(length / wanted)),
    )
    if span / width > MOST_BINS:
        width = round_length(span / MOST_BINS, up=True)
    first, last = np.floor(sizes.min() / width), np.floor(sizes.max() / width) + 1
    return np.arange(first, last + 1) * width


def round_length(length: float, up: bool = False) -> float:
    """Return the 1, 2 or 5 times a power of ten next below ``length``, or next above it."""
    exponent = int(np.floor(np.log10(length)))
    # Divided, not multiplied by a negative power: 5 / 10 is exact where 5 * 0.1 is not.
    scaled = [
        digit * 10.0**exponent if exponent >= 0 else digit / 10.0**-exponent
        for digit in (1, 2, 5, 10)
    ]
    tolerance = 1e-9 * length
    if up:
        return min(step for step in scaled if step >= length - tolerance)
    return max(step for step in scaled if step <= length + tolerance)
