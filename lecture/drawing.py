"""A step's picture as a browser draws it. Nothing here fails on stage."""

from __future__ import annotations

import logging

import plotly.graph_objects as go

from core.figures.encoding import EncodedImage
from core.figures.lecture.pictures import STAGE_FONT_PX
from core.figures.style import drawn, readable
from lecture.step import Step, Subject

MEDIA_TYPE = "application/json"
ON_SAMPLE = "Drawn on a sample: this step cannot be drawn on your micrograph."
LEGEND = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 1,
    "yref": "container",
    "yanchor": "top",
}
LEGEND_PX = 44
WITHOUT = "The picture of this step could not be drawn; the server's log says why."


def figure_of(step: Step, subject: Subject, sample: Subject) -> go.Figure:
    """Return the picture of a step; on ``sample`` where it cannot be drawn on ``subject``, and
    empty where neither can, with a line about it in ``layout.meta.note``."""
    if step.draw is None:
        return drawn([], {})
    for one, note in ((subject, ""), (sample, ON_SAMPLE)):
        try:
            figure = readable(step.draw(one), STAGE_FONT_PX)
        except Exception:
            # Whatever it is, a class is looking on: it goes to the log, not to the screen.
            logging.getLogger("lamella").exception("step %s of the lecture", step.key)
            continue
        if note:
            meta = figure.layout.meta or {}
            figure.layout.meta = {**meta, "note": note}
        return figure
    return drawn([], {"meta": {"note": WITHOUT}, "xaxis": {"visible": False}})


def encoded(step: Step, subject: Subject, sample: Subject) -> EncodedImage:
    """Return the picture of a step as plotly's JSON, see :func:`figure_of`."""
    return EncodedImage(_on_stage(figure_of(step, subject, sample)).to_json().encode(), MEDIA_TYPE)


def _on_stage(figure: go.Figure) -> go.Figure:
    """Return a figure with room for its axes, its legend above it, and no size of its own."""
    shown = figure.to_dict()
    layout = {name: one for name, one in shown["layout"].items() if name not in ("height", "width")}
    for name in ("xaxis", "yaxis"):
        layout[name] = {**layout.get(name, {}), "automargin": True}
    traces = [one for one in shown["data"] if one.get("showlegend", True) and one.get("name")]
    if layout.get("showlegend", len(traces) > 1) and traces:
        layout["legend"] = {**layout.get("legend", {}), **LEGEND}
        layout["margin"] = {**layout.get("margin", {}), "t": LEGEND_PX}
    return drawn(shown["data"], layout)
