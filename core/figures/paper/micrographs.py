"""Micrographs for a paper or a report, drawn with matplotlib: as they are, or with what was found.

See :mod:`core.figures.paper.style` for how they become files.
"""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from core.analysis.analysis import Analysis
from core.fields.result import Drawing
from core.figures.overlay import overlay, scale_bar
from core.figures.paper.style import LINE_PT, PaperStyle, set_plain

LINE = "#0072B2"


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
            set_plain(text, text.get_text())
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
    set_plain(label, bar.label)
