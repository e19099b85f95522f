"""Figures for a paper or a report, drawn with matplotlib: overlay and distribution, as SVG or PNG.

Sizes are those on paper, so that the letters of a figure have the size that a journal asks for.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import cache

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from core.analysis import Analysis
from core.errors import DataError
from core.fields.groups import Comparison
from core.fields.pooled import PooledMeasurement
from core.fields.result import Distribution, Drawing
from core.figures.overlay import FONT, overlay, scale_bar
from core.figures.size_histogram import histogram_edges
from core.palette import ACCENT

MM_IN_INCH = 25.4
LINE_PT = 0.6
HEIGHT_BY_WIDTH = 0.55
HIT = "#D55E00"
LINE = "#0072B2"
# matplotlib reads how to write SVG from settings that all threads share.
_SETTINGS = threading.Lock()


@dataclass(frozen=True)
class PaperStyle:
    """How a figure is printed.

    ``width_mm``: 85 fills one column of most journals, 170 two. ``font_pt``: size of its letters.
    ``scale_bar``: whether one is drawn into a calibrated micrograph. ``dpi``: pixels per inch of a
    PNG, and the most that a micrograph in an SVG has.

    Raises:
        DataError: a width outside 20 to 400 mm, letters outside 4 to 24 pt, dpi outside 50 to 1200.
    """

    width_mm: float = 85.0
    font_pt: float = 8.0
    scale_bar: bool = True
    dpi: int = 600

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("width in mm", self.width_mm, 20, 400),
            ("font size in pt", self.font_pt, 4, 24),
            ("resolution in dpi", self.dpi, 50, 1200),
        ):
            if not low <= value <= high:
                raise DataError(f"The figure's {name} is {value:g}; give {low} to {high}.")

    @property
    def width_inch(self) -> float:
        """The width as matplotlib wants it."""
        return self.width_mm / MM_IN_INCH

    @property
    def line_inch(self) -> float:
        """Height of a line of text."""
        return 1.5 * self.font_pt / 72

    @property
    def font(self) -> FontProperties:
        """The font of all letters."""
        return FontProperties(family=_family(), size=self.font_pt)


def overlay_figure(
    analysis: Analysis,
    style: PaperStyle | None = None,
    drawing: Drawing | None = None,
    opacity: float = 0.35,
) -> Figure:
    """Draw the image area with its phases, and what was measured, above a legend of the phases.

    ``drawing``: test lines and hits. ``opacity``: of the phases, 0 (outlines alone) to 1.
    """
    style = style or PaperStyle()
    micrograph, card = analysis.micrograph, analysis.card
    rows = micrograph.image_rows
    objects = None if card.objects_phase is None else analysis.objects[rows]
    phases = analysis.segmentation.phases
    labels = analysis.segmentation.labels[rows]
    picture = overlay(micrograph.pixels[rows], labels, phases, objects, opacity)
    shown = [Patch(color=one.color, label=one.name) for one in phases[1:]]
    figure, axes = _image_axes(picture.shape, _aspect(analysis), style, legend=shown)
    _draw_image(axes, picture, _aspect(analysis), style)
    if drawing is not None:
        _draw_measured(axes, drawing, rows.start)
    if style.scale_bar and micrograph.pixel_size is not None:
        _draw_scale_bar(axes, analysis, style)
    return figure


def micrograph_figure(analysis: Analysis, style: PaperStyle | None = None) -> Figure:
    """Draw the image area as it is."""
    style = style or PaperStyle()
    grey = analysis.micrograph.pixels[analysis.micrograph.image_rows]
    picture = np.repeat(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
    figure, axes = _image_axes(picture.shape, _aspect(analysis), style, legend=[])
    _draw_image(axes, picture, _aspect(analysis), style)
    if style.scale_bar and analysis.micrograph.pixel_size is not None:
        _draw_scale_bar(axes, analysis, style)
    return figure


def distribution_figure(
    distribution: Distribution, style: PaperStyle | None = None, color: str = ACCENT
) -> Figure:
    """Draw a histogram in percent by number, edge-corrected where weights say so, and its fit."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, HEIGHT_BY_WIDTH * style.width_inch))
    axes = figure.add_axes(_margins(figure, style))
    edges = histogram_edges(distribution.values)
    share = 100 * distribution.weights / distribution.weights.sum()
    axes.hist(
        distribution.values, edges.tolist(), weights=share, color=color, edgecolor="white", lw=0.4
    )
    name = distribution.name
    unit = f" ({distribution.unit})" if distribution.unit else ""
    _title_axes(axes, f"{name}{unit}", f"Share of {distribution.counted} (%)", style)
    count = f"n = {len(distribution.values):,}"
    if distribution.fit is not None:
        sizes = np.linspace(max(edges[0], edges[-1] / 1000), edges[-1], 300)
        density = 100 * np.diff(edges)[0] * distribution.fit.density(sizes)
        axes.plot(sizes, density, color="black", lw=1.5 * LINE_PT)
        count = f"{count}; line: {distribution.fit.family} fit"
    # Above the frame, where no bar runs through it.
    axes.text(1, 1.02, count, transform=axes.transAxes, ha="right", va="bottom", font=style.font)
    return figure


def fields_figure(pooled: PooledMeasurement, style: PaperStyle | None = None) -> Figure:
    """Draw the headline of each field in order, and that of all together with its 95 % interval;
    fields that stand out are circled."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, 0.4 * style.width_inch))
    axes = figure.add_axes(_margins(figure, style))
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
    _title_axes(axes, "Field", f"{mean.symbol or mean.name}{f' ({unit})' if unit else ''}", style)
    return figure


def groups_figure(comparison: Comparison, style: PaperStyle | None = None) -> Figure:
    """Draw the fields of each group as points over a box of quartiles, whiskers to the extremes."""
    style = style or PaperStyle()
    figure = Figure(figsize=(style.width_inch, HEIGHT_BY_WIDTH * style.width_inch))
    axes = figure.add_axes(_margins(figure, style))
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
    _title_axes(axes, comparison.column, f"{comparison.name}{unit}", style)
    return figure


def svg_bytes(figure: Figure) -> bytes:
    """Return the figure as SVG, letters as shapes; its bytes depend on what is drawn alone."""
    stream = io.BytesIO()
    with _SETTINGS, matplotlib.rc_context({"svg.hashsalt": "lamella", "svg.fonttype": "path"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "Lamella"})
    return stream.getvalue()


def png_bytes(figure: Figure, dpi: int = 600) -> bytes:
    """Return the figure as PNG; it knows its size on paper."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": "Lamella"})
    return stream.getvalue()


def printable(text: str) -> str:
    """Return ``text`` with "?" for what the font has no letter for."""
    return "".join(letter if ord(letter) in _letters() else "?" for letter in text)


@cache
def _family() -> str:
    fontManager.addfont(str(FONT))
    return FontProperties(fname=FONT).get_name()


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(FONT)).get_charmap())


def _aspect(analysis: Analysis) -> float:
    """Return the height of a pixel by its width."""
    size = analysis.micrograph.pixel_size
    return 1.0 if size is None or size.height_nm is None else size.height_nm / size.nm


def _image_axes(
    shape: tuple[int, ...], aspect: float, style: PaperStyle, legend: list[Patch]
) -> tuple[Figure, Axes]:
    """Return a figure whose axes fill its width, in px of the image, above room for the legend."""
    image_inch = style.width_inch * shape[0] * aspect / shape[1]
    legend_inch = 1.6 * style.line_inch if legend else 0.0
    figure = Figure(figsize=(style.width_inch, image_inch + legend_inch))
    bottom = legend_inch / (image_inch + legend_inch)
    axes = figure.add_axes((0, bottom, 1, 1 - bottom))
    axes.set_axis_off()
    if legend:
        drawn = figure.legend(
            handles=legend,
            loc="lower center",
            bbox_to_anchor=(0.5, 0),
            ncols=len(legend),
            prop=style.font,
            frameon=False,
            borderpad=0.2,
            handlelength=1.0,
            handleheight=1.0,
        )
        for text in drawn.get_texts():
            _plain(text, text.get_text())
    return figure, axes


def _draw_image(axes: Axes, picture: np.ndarray, aspect: float, style: PaperStyle) -> None:
    height, width = picture.shape[:2]
    most = round(style.width_inch * style.dpi)
    if width > most:
        size = most, max(1, round(height * most / width))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    axes.imshow(
        picture,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        aspect=aspect,
        interpolation="none" if width > most else "nearest",
    )


def _draw_measured(axes: Axes, drawing: Drawing, first_row: int) -> None:
    limits = axes.get_xlim(), axes.get_ylim()
    for line in drawing.lines:
        axes.plot(line.points[:, 1], line.points[:, 0] - first_row, color=LINE, lw=1.6 * LINE_PT)
    counted = drawing.hits.counts > 0
    places = drawing.hits.places[counted]
    axes.plot(
        places[:, 1], places[:, 0] - first_row, "o", mfc="white", mec="black", ms=2.4, mew=0.4
    )
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])


def _draw_scale_bar(axes: Axes, analysis: Analysis, style: PaperStyle) -> None:
    """Draw a white bar on black into the lower right corner, as long as :func:`scale_bar` says."""
    height, width = analysis.micrograph.pixels[analysis.micrograph.image_rows].shape
    size = analysis.micrograph.pixel_size
    assert size is not None
    bar = scale_bar(width, size)
    # In px of the image, across and down.
    pt = width / (style.width_inch * 72)
    down = pt / _aspect(analysis)
    pad, thick, text = 0.4 * style.font_pt, 0.25 * style.font_pt, 1.1 * style.font_pt
    letters = 0.62 * style.font_pt * len(bar.label) * pt
    box_width = max(bar.length_px, letters) + 2 * pad * pt
    box_height = (2.5 * pad + thick + text) * down
    right, bottom = width - 0.5 - pad * pt, height - 0.5 - pad * down
    left, top = right - box_width, bottom - box_height
    axes.add_patch(Rectangle((left, top), box_width, box_height, color="black", lw=0))
    middle = left + box_width / 2
    bar_left, bar_top = middle - bar.length_px / 2, bottom - (pad + thick) * down
    axes.add_patch(Rectangle((bar_left, bar_top), bar.length_px, thick * down, color="white", lw=0))
    label = axes.text(
        middle, bar_top - pad / 2 * down, "", color="white", font=style.font, ha="center"
    )
    _plain(label, bar.label)


def _margins(figure: Figure, style: PaperStyle) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of axes with room for two lines of text."""
    width, height = figure.get_size_inches()
    left, bottom, gap = 2.9 * style.line_inch, 2.4 * style.line_inch, 1.1 * style.line_inch
    return (
        left / width,
        bottom / height,
        (width - left - gap / 3) / width,
        (height - bottom - gap) / height,
    )


def _title_axes(axes: Axes, across: str, up: str, style: PaperStyle) -> None:
    _plain(axes.set_xlabel("", font=style.font), across)
    _plain(axes.set_ylabel("", font=style.font), up)
    axes.tick_params(
        width=LINE_PT,
        length=2.5,
        pad=2,
        labelsize=style.font_pt,
        labelfontfamily=_family(),
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_linewidth(LINE_PT)


def _plain(text: matplotlib.text.Text, content: str) -> None:
    """Set a text in which a dollar sign begins no formula."""
    text.set_parse_math(False)
    text.set_text(printable(content))
