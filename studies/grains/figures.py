"""Figures of the grain study: looks compared, training scores, what each effect is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import plotly.graph_objects as go

from core.figures.style import level
from core.palette import OKABE_ITO, rgb
from core.synthesis.grains.distance import Look
from studies.figures import plain_figure

STYLES = (
    {"color": OKABE_ITO[0], "width": 3},
    {"color": OKABE_ITO[1], "width": 3, "dash": "dash"},
    {"color": OKABE_ITO[2], "width": 3, "dash": "dot"},
)
REFERENCE, FOUND, BOTH = OKABE_ITO[4], OKABE_ITO[5], OKABE_ITO[6]


def boundary_picture(
    grey: np.ndarray, found: np.ndarray, reference: np.ndarray | None = None, width_px: int = 2
) -> np.ndarray:
    """Return the micrograph (H, W) in [0, 1] with lines over it as colours (H, W, 3) uint8.

    ``found``: vermilion; ``reference``: sky blue; yellow where both are. Lines (H, W) bool are
    drawn ``width_px`` wide.
    """
    picture = np.repeat(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
    brush = np.ones((width_px, width_px), np.uint8)
    ours = cv2.dilate(found.astype(np.uint8), brush) > 0
    picture[ours] = rgb(FOUND)
    if reference is not None:
        theirs = cv2.dilate(reference.astype(np.uint8), brush) > 0
        picture[theirs] = rgb(REFERENCE)
        picture[theirs & ours] = rgb(BOTH)
    return picture


def histogram_figure(looks: Mapping[str, Look]) -> go.Figure:
    """Draw the grey histogram of each image, after the stretch that the network gets."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": ((np.arange(len(one.grey)) + 0.5) / len(one.grey)).tolist(),
            "y": (100 * one.grey).tolist(),
            "line": {**STYLES[index], "shape": "hvh"},
        }
        for index, (name, one) in enumerate(looks.items())
    ]
    return plain_figure(traces, "grey level", "pixels (%)")


def spectrum_figure(looks: Mapping[str, Look]) -> go.Figure:
    """Draw the radial power spectrum of each image, both axes logarithmic."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": one.frequency.tolist(),
            "y": one.power.tolist(),
            "line": STYLES[index],
        }
        for index, (name, one) in enumerate(looks.items())
    ]
    figure = plain_figure(traces, "frequency (1/px)", "share of variance")
    figure.layout.xaxis.update(type="log", dtick=1)
    figure.layout.yaxis.update(type="log", dtick=1, exponentformat="power")
    return figure


def learning_figure(losses: Sequence[float], steps: int) -> go.Figure:
    """Draw the training loss by step, so far."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "loss",
            "x": list(range(1, len(losses) + 1)),
            "y": list(losses),
            "line": STYLES[0],
        }
    ]
    figure = plain_figure(traces, "training step", "loss")
    figure.layout.xaxis.update(range=[0, steps])
    figure.layout.yaxis.update(rangemode="tozero")
    return figure


def ablation_figure(
    titles: Sequence[str], means: Sequence[float], errors: Sequence[float], whole: float
) -> go.Figure:
    """Draw the score without each effect as bars, worst first, with a line at the score with all.

    ``errors``: half-width of each bar's interval.
    """
    order = np.argsort(means)[::-1]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "y": [titles[index] for index in order],
            "x": [means[index] for index in order],
            "error_x": {
                "type": "data",
                "array": [errors[index] for index in order],
                "color": OKABE_ITO[0],
                "thickness": 2,
            },
            "marker": {"color": OKABE_ITO[0], "size": 11},
            "showlegend": False,
        }
    ]
    figure = plain_figure(traces, "boundary Dice within 3 px, real micrographs", "")
    line = level(0, OKABE_ITO[1])
    line.update(x0=whole, x1=whole, y0=0, y1=1, xref="x", yref="paper")
    figure.update_layout(shapes=[line])
    # Each effect is named, also in large type.
    figure.layout.yaxis.update(automargin=True, dtick=1)
    figure.layout.xaxis.update(automargin=True, nticks=6)
    figure.layout.xaxis.title.update(standoff=18)
    return figure


def middle_of(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return the middle (side, side), or less where the image (H, W) is smaller."""
    top, left = (max(0, (length - side) // 2) for length in pixels.shape)
    return np.ascontiguousarray(pixels[top : top + side, left : left + side], np.float32)
