"""Pictures of the lecture: micrographs side by side, beside a chart, and animated, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.encoding import encode_colors, encode_grey
from core.figures.style import GRID, LINE, drawn
from core.palette import OKABE_ITO

STAGE_FONT_PX = 20
LEAST_SIDE_PX = 384
"""Browsers smooth what they enlarge: smaller pictures are enlarged here, each pixel a square."""
BOX = OKABE_ITO[1]
GAP = 0.03
TITLE_SHARE = 0.09
HIDDEN = {"visible": False, "fixedrange": True, "constrain": "domain"}


@dataclass(frozen=True)
class Frame:
    """A rectangle drawn over a picture, in its px; ``label`` above it."""

    top: float
    left: float
    height: float
    width: float
    label: str = ""
    color: str = BOX


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture: ``pixels`` (h, w) in [0, 1] or (h, w, 3) uint8, its ``title`` and ``frames``."""

    pixels: np.ndarray
    title: str = ""
    frames: tuple[Frame, ...] = ()


def pictures(shown: Sequence[Shown], rows: int = 1) -> go.Figure:
    """Draw pictures side by side, in ``rows``, each under its title."""
    columns = -(-len(shown) // rows)
    width, height = (1 - GAP * (columns - 1)) / columns, 1 / rows
    layout = _empty()
    for index, one in enumerate(shown):
        left = index % columns * (width + GAP)
        bottom = 1 - (index // columns + 1) * height
        top = bottom + height * (1 - TITLE_SHARE * bool(one.title) * (1 if rows == 1 else 1.4))
        _add(layout, one, index + 1, (left, left + width), (bottom, top - 0.0))
    return drawn([], layout)


def beside(one: Shown, chart: go.Figure, share: float = 0.42) -> go.Figure:
    """Draw a picture at the left of a chart; ``share``: its part of the width."""
    figure = chart.to_dict()
    # A chart without a word on it keeps plotly's own: a legend where it has several curves.
    layout = {name: value for name, value in _empty().items() if name != "showlegend"}
    layout |= figure["layout"]
    left = share + 0.1
    layout["annotations"] = [_to_the_right(one, left) for one in layout.get("annotations", ())]
    layout["shapes"] = [_to_the_right(one, left) for one in layout.get("shapes", ())]
    layout["xaxis"] = {**layout.get("xaxis", {}), "domain": [left, 1], "anchor": "y"}
    _add(layout, one, 9, (0.0, share), (0.0, 1 - TITLE_SHARE))
    return drawn(figure["data"], layout)


def _to_the_right(one: Mapping[str, Any], left: float) -> dict[str, Any]:
    """Return an annotation or a shape of the whole width as one of what lies right of ``left``."""
    if one.get("xref") != "paper":
        return dict(one)
    moved = {name: left + one[name] * (1 - left) for name in ("x", "x0", "x1") if name in one}
    return {**one, **moved}


def walk(image: Shown, found: Shown, size: int, stride: int = 1) -> go.Figure:
    """Draw an image and its feature map, which a kernel of ``size`` px fills step by step.

    The frames lie in ``layout.meta`` as changes of the layout: for whoever plays them.
    """
    figure = pictures([image, found])
    layout = figure.to_dict()["layout"]
    height, width = found.pixels.shape[:2]
    edge = {"line": {"color": BOX, "width": 4}, "type": "rect"}
    cover = {"type": "rect", "line": {"width": 0}, "fillcolor": "#808080", "xref": "x2"}
    layout["shapes"] = [
        {**edge, "xref": "x1", "yref": "y1"},
        {**edge, "xref": "x2", "yref": "y2"},
        {**cover, "yref": "y2"},
        {**cover, "yref": "y2"},
    ]
    places = [(row, column) for row in range(height) for column in range(width)]
    frames = [_walked(row, column, height, width, size, stride) for row, column in places]
    for name, value in frames[-1].items():
        index, side = name.removeprefix("shapes[").split("].")
        layout["shapes"][int(index)][side] = value
    layout["meta"] = {"frames": frames, "per_second": 24}
    return drawn([], layout)


def _walked(
    row: int, column: int, height: int, width: int, size: int, stride: int
) -> Mapping[str, float]:
    """Return the places of the kernel, of its output, and of what is not yet filled."""
    top, left = row * stride - 0.5, column * stride - 0.5
    rest_top, last = row + 0.5, height - 0.5
    boxes = (
        (left, left + size, top, top + size),
        (column - 0.5, column + 0.5, row - 0.5, row + 0.5),
        (column + 0.5, width - 0.5, row - 0.5, row + 0.5),
        (-0.5, width - 0.5, rest_top, last),
    )
    return {
        f"shapes[{index}].{name}": value
        for index, box in enumerate(boxes)
        for name, value in zip(("x0", "x1", "y0", "y1"), box, strict=True)
    }


def _empty() -> dict[str, Any]:
    return {
        "images": [],
        "annotations": [],
        "shapes": [],
        "showlegend": False,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }


def _add(
    layout: dict[str, Any],
    one: Shown,
    number: int,
    across: tuple[float, float],
    up: tuple[float, float],
) -> None:
    height, width = one.pixels.shape[:2]
    x, y = f"x{number}", f"y{number}"
    layout[f"xaxis{number}"] = {
        **HIDDEN,
        "domain": list(across),
        "anchor": y,
        "range": [-0.5, width - 0.5],
    }
    layout[f"yaxis{number}"] = {
        **HIDDEN,
        "domain": list(up),
        "anchor": x,
        "range": [height - 0.5, -0.5],
        "scaleanchor": x,
        "constraintoward": "top",
    }
    layout["images"].append(
        {
            "source": data_address(one.pixels),
            "xref": x,
            "yref": y,
            "x": -0.5,
            "y": -0.5,
            "sizex": width,
            "sizey": height,
            "sizing": "stretch",
            "layer": "below",
        }
    )
    if one.title:
        middle = sum(across) / 2
        place = {"x": middle, "y": up[1], "xref": "paper", "yref": "paper", "yanchor": "bottom"}
        place["xanchor"] = "center"
        layout["annotations"].append({**place, "text": one.title, "showarrow": False})
    # Without it a black picture has no end on a dark ground, a white one none on a light one.
    layout["shapes"].append(_edge(Frame(0, 0, height, width, color=GRID), x, y))
    for frame in one.frames:
        layout["shapes"].append(_frame(frame, x, y))
        if frame.label:
            layout["annotations"].append(_label(frame, x, y))


def _frame(frame: Frame, x: str, y: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": x,
        "yref": y,
        "x0": frame.left - 0.5,
        "y0": frame.top - 0.5,
        "x1": frame.left + frame.width - 0.5,
        "y1": frame.top + frame.height - 0.5,
        "line": {"color": frame.color, "width": 4},
    }


def _edge(frame: Frame, x: str, y: str) -> dict[str, Any]:
    return {**_frame(frame, x, y), "line": {"color": frame.color, "width": 1}}


def _label(frame: Frame, x: str, y: str) -> dict[str, Any]:
    return {
        "xref": x,
        "yref": y,
        "x": frame.left - 0.5,
        "y": frame.top - 0.5,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "text": frame.label,
        "font": {"color": "#ffffff"},
        "bgcolor": "rgba(0, 0, 0, 0.72)",
        "borderpad": 3,
    }


def data_address(pixels: np.ndarray) -> str:
    """Return a picture (h, w) in [0, 1] or (h, w, 3) uint8 as an address that holds it."""
    factor = max(1, -(-LEAST_SIDE_PX // max(pixels.shape[:2])))
    large = pixels.repeat(factor, 0).repeat(factor, 1)
    made = encode_grey(large) if large.ndim == 2 else encode_colors(large)
    return made.data_uri


def text_rows(rows: Sequence[tuple[str, str]]) -> go.Figure:
    """Draw pairs of short texts, a problem at the left and its answer at the right of an arrow."""
    layout = _empty()
    layout["xaxis"] = layout["yaxis"] = {"visible": False, "range": [0, 1], "fixedrange": True}
    for index, (left, right) in enumerate(rows):
        y = 1 - (index + 0.5) / len(rows)
        for x, anchor, text, color in (
            (0.36, "right", left, None),
            (0.42, "center", "→", LINE),
            (0.48, "left", f"<b>{right}</b>", None),
        ):
            font = {"size": 30} | ({"color": color} if color else {})
            layout["annotations"].append(
                {"x": x, "y": y, "xanchor": anchor, "text": text, "showarrow": False, "font": font}
            )
    return drawn([{"type": "scatter", "x": [], "y": []}], layout)
