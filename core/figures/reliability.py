"""Whether a network is as often right as it says: accuracy over confidence."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.evaluation.measured import ReliabilityBin
from core.palette import ACCENT

# Mid-grey: a contrast of more than 3 to 1 on white and on near-black alike.
LINE = "#808080"
GRID = "rgba(128, 128, 128, 0.25)"
LARGEST_PX, SMALLEST_PX = 26, 6
CONFIDENCE = {
    "pixels": "Confidence: mean probability of the winner",
    "objects": "Mean confidence of the objects",
}
RIGHT = {"pixels": "Share of right labels", "objects": "Share of right objects"}


def reliability_figure(bins: Sequence[ReliabilityBin], of: str = "pixels") -> go.Figure:
    """Draw how often labels are right over how sure the network is of them, bin by bin.

    ``of``: what the bins hold, "pixels" or "objects".

    On the dashed diagonal the two agree; below it the network claims too much. The area of a point
    grows with the share of the pixels, above a smallest point that can be seen. Grounds are
    transparent and text uncoloured, so any theme may frame it.
    """
    filled = [one for one in bins if one.share > 0]
    figure = go.Figure(layout=_layout(min((one.low for one in filled), default=0), of))
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": LINE, "dash": "dash", "width": 1.5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[one.confidence for one in filled],
        y=[one.accuracy for one in filled],
        mode="lines+markers",
        cliponaxis=False,
        line={"color": ACCENT, "width": 2},
        marker={
            "color": ACCENT,
            "size": [max(SMALLEST_PX, LARGEST_PX * one.share**0.5) for one in filled],
            "line": {"color": LINE, "width": 0.5},
        },
        customdata=[(one.low, one.high, 100 * one.share) for one in filled],
        hovertemplate="says %{x:.3f}, right in %{y:.3f}<br>%{customdata[2]:.1f} % of the "
        f"{of}, those"
        " of %{customdata[0]:.2f} to %{customdata[1]:.2f}<extra></extra>",
    )
    return figure


def _layout(lowest: float, of: str) -> dict[str, object]:
    axis = {"gridcolor": GRID, "zeroline": False, "range": [lowest - 0.03, 1.03], "dtick": 0.1}
    return {
        "xaxis": {"title": CONFIDENCE[of], **axis},
        "yaxis": {"title": RIGHT[of], **axis, "range": [0, 1.03], "dtick": 0.2},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
        "showlegend": False,
        "height": 320,
    }
