"""One look for the figures of the lecture: readable from the last row, clear on both grounds."""

from __future__ import annotations

import plotly.graph_objects as go

CLEAR = "rgba(0, 0, 0, 0)"
# Mid-grey: a contrast of more than 3 to 1 on white and on near-black alike.
LINE = "#808080"
GRID = "rgba(128, 128, 128, 0.25)"
FONT_PX = 16
PRESENTER_FONT_PX = 22


def readable(figure: go.Figure, font_px: int = FONT_PX) -> go.Figure:
    """Set every letter of a figure to ``font_px``, in place, and make its grounds transparent."""
    font = {"size": font_px}
    figure.update_layout(
        font=font,
        legend_font=font,
        legend_title_font=font,
        hoverlabel_font=font,
        title_font=font,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
    )
    figure.update_xaxes(tickfont=font, title_font=font)
    figure.update_yaxes(tickfont=font, title_font=font)
    for annotation in figure.layout.annotations:
        annotation.font.size = max(font_px, annotation.font.size or 0)
    for trace in figure.data:
        if "colorbar" in trace:
            trace.colorbar.update(tickfont=font, title={"font": font})
        elif "marker" in trace and "colorbar" in trace.marker and trace.marker.showscale:
            trace.marker.colorbar.update(tickfont=font, title={"font": font})
    return figure
