"""Charts for a paper or a report, drawn with matplotlib: sizes, fields, groups of fields."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from core.fields.many.groups import Comparison
from core.fields.many.pooled import PooledMeasurement
from core.fields.result import Distribution
from core.figures.paper.style import LINE_PT, PaperStyle, margins, printable, title_axes
from core.figures.size_distribution import distribution_edges
from core.figures.size_histogram import SizeHistogram
from core.palette import ACCENT
from core.types.segmentation import Phase

HEIGHT_BY_WIDTH = 0.55
HIT = "#D55E00"
LINE = "#0072B2"


def distribution_figure(
    distribution: Distribution, style: PaperStyle | None = None, color: str = ACCENT
) -> Figure:
    """Draw a histogram in percent by number, edge-corrected where weights say so, and its fit."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, HEIGHT_BY_WIDTH * style.width_inch))
    axes = figure.add_axes(margins(figure, style))
    edges = distribution_edges(distribution)
    share = 100 * distribution.weights / distribution.weights.sum()
    axes.hist(
        distribution.values, edges.tolist(), weights=share, color=color, edgecolor="white", lw=0.4
    )
    name = distribution.name
    unit = f" ({distribution.unit})" if distribution.unit else ""
    title_axes(axes, f"{name}{unit}", f"Share of {distribution.counted} (%)", style)
    count = f"n = {len(distribution.values):,}"
    if distribution.fit is not None:
        sizes = np.linspace(max(edges[0], edges[-1] / 1000), edges[-1], 300)
        density = 100 * np.diff(edges)[0] * distribution.fit.density(sizes)
        axes.plot(sizes, density, color="black", lw=1.5 * LINE_PT)
        count = f"{count}; line: {distribution.fit.family} fit"
    # Above the frame, where no bar runs through it.
    axes.text(1, 1.02, count, transform=axes.transAxes, ha="right", va="bottom", font=style.font)
    return figure


def size_figure(
    found: SizeHistogram, phase: Phase | None = None, style: PaperStyle | None = None
) -> Figure:
    """Draw the objects in each bin and the median, as :func:`core.figures.size_histogram` does."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, HEIGHT_BY_WIDTH * style.width_inch))
    axes = figure.add_axes(margins(figure, style))
    color = phase.color if phase else ACCENT
    width = np.diff(found.edges)
    axes.bar(
        found.edges[:-1], found.values, width, align="edge", color=color, edgecolor="white", lw=0.4
    )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    objects = f"objects ({phase.name})" if phase else "objects"
    title_axes(axes, f"Equivalent diameter ({found.unit})", f"Number of {objects}", style)
    told = f"n = {found.counted:,}"
    if found.cut:
        told += f", {found.cut:,} cut by the edge left out"
    if found.counted:
        axes.axvline(found.median, color="black", lw=1.5 * LINE_PT, ls="--")
        told += f"; median {found.median:.3g} {found.unit}"
    axes.text(1, 1.02, told, transform=axes.transAxes, ha="right", va="bottom", font=style.font)
    return figure


def fields_figure(pooled: PooledMeasurement, style: PaperStyle | None = None) -> Figure:
    """Draw the headline of each field in order, and that of all together with its 95 % interval;
    fields that stand out are circled."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, 0.4 * style.width_inch))
    axes = figure.add_axes(margins(figure, style))
    mean, unit = pooled.headline, pooled.headline.unit
    found = [one.quantity(mean.key) for one in pooled.fields]
    known = [(n, q.value) for n, q in enumerate(found, 1) if q.value is not None and q.fits(unit)]
    if mean.interval is not None:
        axes.axhspan(*mean.interval, color=ACCENT, alpha=0.25, lw=0)
    if mean.value is not None:
        axes.axhline(mean.value, color=ACCENT, lw=2 * LINE_PT)
    axes.plot([n for n, _ in known], [value for _, value in known], "o", color="black", ms=2.5)
    circled = {one.index + 1 for one in pooled.outliers}
    odd = [(n, value) for n, value in known if n in circled]
    axes.plot([n for n, _ in odd], [value for _, value in odd], "o", mfc="none", mec=HIT, ms=7)
    axes.set_xlim(0.5, len(found) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    title_axes(axes, "Field", f"{mean.symbol or mean.name}{f' ({unit})' if unit else ''}", style)
    return figure


def groups_figure(comparison: Comparison, style: PaperStyle | None = None) -> Figure:
    """Draw the fields of each group as points over a box of quartiles, whiskers to the extremes."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, HEIGHT_BY_WIDTH * style.width_inch))
    axes = figure.add_axes(margins(figure, style))
    places = range(1, len(comparison.groups) + 1)
    line = {"color": "black", "lw": LINE_PT}
    axes.boxplot(
        [list(values) for values in comparison.values],
        positions=list(places),
        whis=(0, 100),
        widths=0.5,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops={"color": HIT, "lw": 2 * LINE_PT},
    )
    for place, values in zip(places, comparison.values, strict=True):
        # Side by side, so that equal values are told apart.
        across = place + np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [place]
        axes.plot(across, values, "o", color=LINE, ms=2.5, mew=0)
    axes.set_xticks(list(places), [printable(one) for one in comparison.groups], parse_math=False)
    unit = f" ({comparison.unit})" if comparison.unit else ""
    title_axes(axes, comparison.column, f"{comparison.name}{unit}", style)
    return figure
