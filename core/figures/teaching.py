"""Figures of a training: its curves, before and after, and labels over their image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures import encoding
from core.figures.size_histogram import LINE
from core.figures.style import GRID
from core.palette import OKABE_ITO
from core.training.fine_tuning.images import TeachingImage
from core.training.fine_tuning.mask_files import Meaning, ReadPair
from core.training.fine_tuning.tested import HeldOutImage
from core.training.progress import CurvePoint
from core.types.segmentation import Phase

LOSS, SCORE, BEFORE, AFTER = OKABE_ITO[5], OKABE_ITO[0], LINE, OKABE_ITO[0]
CLEAR = {"paper_bgcolor": "rgba(0, 0, 0, 0)", "plot_bgcolor": "rgba(0, 0, 0, 0)"}


def curve_figure(curve: Sequence[CurvePoint]) -> go.Figure:
    """Draw mean loss and score by step, one below the other."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08)
    steps = [one.step for one in curve]
    for row, (name, color, values) in enumerate(
        (
            ("loss", LOSS, [one.loss for one in curve]),
            ("score", SCORE, [one.score for one in curve]),
        ),
        start=1,
    ):
        figure.add_scatter(
            x=steps,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"size": 6},
            hovertemplate=f"step %{{x}}<br>{name} %{{y:.3f}}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, gridcolor=GRID, row=row, col=1)
    figure.update_xaxes(gridcolor=GRID)
    figure.update_xaxes(title="step", row=2, col=1)
    return figure.update_layout(
        showlegend=False, margin={"l": 10, "r": 10, "t": 10, "b": 10}, **CLEAR
    )


def before_after_figure(images: Sequence[HeldOutImage]) -> go.Figure:
    """Draw the mean IoU of each image before and after, joined by a line; the first at the top."""
    figure = go.Figure()
    names = [one.origin.name for one in images]
    for name, one in zip(names, images, strict=True):
        if one.before is not None:
            figure.add_scatter(
                x=[one.before.mean_iou, one.after.mean_iou],
                y=[name, name],
                mode="lines",
                line={"color": LINE, "width": 2},
                showlegend=False,
                hoverinfo="skip",
            )
    before = [(name, one.before) for name, one in zip(names, images, strict=True) if one.before]
    if before:
        _points(figure, "before", BEFORE, "circle-open", [(n, s.mean_iou) for n, s in before])
    after = [(name, one.after.mean_iou) for name, one in zip(names, images, strict=True)]
    _points(figure, "after", AFTER, "circle", after)
    figure.update_xaxes(title="mean IoU of the phases", gridcolor=GRID, range=(0, 1.02))
    figure.update_yaxes(autorange="reversed", gridcolor=GRID, type="category")
    return figure.update_layout(
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        **CLEAR,
    )


def _points(
    figure: go.Figure, name: str, color: str, symbol: str, values: Sequence[tuple[str, float]]
) -> None:
    figure.add_scatter(
        x=[value for _, value in values],
        y=[one for one, _ in values],
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": 11, "line": {"width": 2, "color": color}},
        hovertemplate=f"%{{y}}<br>{name} %{{x:.2f}}<extra></extra>",
    )


def encode_known(image: TeachingImage, phases: Sequence[Phase]) -> encoding.EncodedImage:
    """Return the labels of an image as an overlay that shows nothing where they are not known."""
    unknown = len(phases)
    labels = np.where(image.known, image.phases, np.uint8(unknown)).astype(np.uint8)
    return encoding.encode_labels(labels, (*phases, Phase("", "#000000")), (unknown,))


def encode_pair(pair: ReadPair, meaning: Meaning, side: int) -> encoding.EncodedImage:
    """Return a small picture of an image with the outlines of what its mask tells apart: the
    largest square in its middle, ``side`` px wide."""
    values = pair.labels.values
    tells = np.where(values == meaning.ignored, -1, values)
    lines = np.zeros(values.shape, np.bool_)
    lines[1:] |= tells[1:] != tells[:-1]
    lines[:, 1:] |= tells[:, 1:] != tells[:, :-1]
    colors = np.repeat(pair.grey[..., None], 4, axis=2)
    colors[..., 3] = 255
    step = max(1, min(values.shape) // side)
    wide = cv2.dilate(lines.astype(np.uint8), np.ones((step, step), np.uint8)) > 0
    colors[wide, :3] = tuple(bytes.fromhex(OKABE_ITO[1][1:]))
    height, width = values.shape
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    crop = np.ascontiguousarray(colors[top : top + square, left : left + square])
    return encoding.encode_colors(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA))
