"""What the figures of the case studies share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.figures.style import GRID, drawn

MARGIN = {"l": 10, "r": 10, "t": 34, "b": 10}
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def plain_figure(traces: Sequence[Mapping[str, object]], x: str, y: str) -> go.Figure:
    """Return traces between two named axes."""
    layout = {
        "margin": MARGIN,
        "legend": LEGEND,
        "height": 340,
        "xaxis": {"title": {"text": x}, "gridcolor": GRID},
        "yaxis": {"title": {"text": y}, "gridcolor": GRID},
    }
    return drawn(traces, layout)
