"""The network as a clickable drawing, and a logit as a sum of bars."""

from __future__ import annotations

import plotly.graph_objects as go

from core.inspection.attribution.attribution import LogitSplit
from core.inspection.layers.network_map import Block, NetworkMap, Role

CLEAR = "rgba(0,0,0,0)"
GREY = "#8a8f98"
COLORS = {
    Role.INPUT: "#999999",
    Role.ENCODER: "#0072B2",
    Role.STAGE: "#0072B2",
    Role.BOTTLENECK: "#CC79A7",
    Role.DECODER: "#009E73",
    Role.DENSE: "#E69F00",
    Role.OUTPUT: "#D55E00",
}


def network_figure(drawing: NetworkMap, selected: str | None = None) -> go.Figure:
    """Return the blocks in the order in which they run, deeper ones lower, with their ways.

    Skips are dashed. Each point carries its layer in ``customdata``, so that a click can select it;
    ``selected`` is the layer whose block is marked.
    """
    figure = go.Figure()
    places = [(index, -block.level) for index, block in enumerate(drawing.blocks)]
    for edge in drawing.edges:
        (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
        figure.add_trace(
            go.Scatter(
                x=[x0, x1],
                y=[y0, y1],
                mode="lines",
                line={"color": GREY, "width": 2, "dash": "dot" if edge.is_skip else "solid"},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    figure.add_trace(_points(drawing, places, selected))
    # Room for the words beside the first and the last block.
    figure.update_xaxes(visible=False, range=[-1.6, len(places) + 0.3])
    figure.update_yaxes(visible=False)
    return figure.update_layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        height=320,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        clickmode="event+select",
    )


def _points(
    drawing: NetworkMap, places: list[tuple[int, float]], selected: str | None
) -> go.Scatter:
    blocks = drawing.blocks
    is_marked = [selected is not None and selected in block.layers for block in blocks]
    return go.Scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="markers+text",
        text=[_label(block) for block in blocks],
        textposition=[
            _beside(block, after) for block, after in zip(blocks, [*blocks[1:], None], strict=True)
        ],
        customdata=[block.layer or "" for block in blocks],
        hovertext=[_hover(block) for block in blocks],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "symbol": "square",
            "opacity": 1,
            "size": [30 if marked else 24 for marked in is_marked],
            "color": [COLORS[block.role] for block in blocks],
            "line": {"color": GREY, "width": [4 if marked else 0 for marked in is_marked]},
        },
        showlegend=False,
        cliponaxis=False,
    )


def _beside(block: Block, after: Block | None) -> str:
    """Return the side of a block on which no way runs."""
    if block.role is Role.INPUT:
        return "top center"
    if block.role is Role.DECODER:
        ends = after is None or after.level == block.level
        return "top center" if ends else "middle right"
    return "bottom left" if block.role in (Role.ENCODER, Role.STAGE) else "bottom center"


def _label(block: Block) -> str:
    return " x ".join(str(length) for length in block.shape)


def _hover(block: Block) -> str:
    return (
        f"{block.title}<br>{_label(block)}<br>{block.parameters:,} parameters<br>"
        f"{block.macs:,} MACs"
    )


def logit_figure(split: LogitSplit, count: int = 12) -> go.Figure:
    """Return a logit as bars: the strongest input channels, the rest together, the bias."""
    strongest = split.strongest[:count]
    values = [float(split.contributions[channel]) for channel in strongest]
    names = [f"channel {channel}" for channel in strongest]
    if len(split.contributions) > count:
        values.append(float(split.contributions.sum()) - sum(values))
        names.append(f"{len(split.contributions) - count} others")
    values.append(split.bias)
    names.append("bias")
    figure = go.Figure(
        go.Waterfall(
            x=[*names, "logit"],
            y=[*values, split.total],
            measure=[*["relative"] * len(values), "total"],
            increasing={"marker": {"color": "#D55E00"}},
            decreasing={"marker": {"color": "#0072B2"}},
            totals={"marker": {"color": GREY}},
            hovertemplate="%{x}: %{delta:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(title="logit")
    return figure.update_layout(paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)
