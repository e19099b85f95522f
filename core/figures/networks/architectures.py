"""Drawings of architectures: maps as bars, and all networks on one chart."""

from __future__ import annotations

import math
from collections.abc import Mapping

import plotly.graph_objects as go

from core.concepts.architecture_facts import ArchitectureFacts
from core.figures.inspection.network import COLORS
from core.figures.style import GRID, LINE
from core.inspection.layers.network_map import Block, NetworkMap
from core.palette import OKABE_ITO

GAP = 0.6
# Where a name does not lie on another one.
PLACES = {
    "LeNet-5 (1998)": "bottom right",
    "LeNet-5 (as built today)": "top right",
    "AlexNet": "bottom center",
    "VGG16": "top center",
    "ResNet-18": "middle left",
    "ResNet-34": "bottom right",
    "ResNet-50": "middle right",
    "U-Net on ResNet-18": "top left",
}
ROLE_NAMES = {"stage": "convolutions", "dense": "dense layers"}


def maps_figure(drawing: NetworkMap, is_narrow: bool = False) -> go.Figure:
    """Return one bar for each block: its height is the map's side, its width the channels.

    Both are drawn by their logarithm. Skips are arcs over the blocks that they pass. ``is_narrow``:
    sizes below the bars are written without "×", which does not fit beside one another then.
    """
    widths = [math.log2(block.shape[0] + 1) for block in drawing.blocks]
    heights = [_height(block) for block in drawing.blocks]
    middles, left = [], 0.0
    for width in widths:
        middles.append(left + width / 2)
        left += width + GAP
    figure = go.Figure()
    for role in dict.fromkeys(block.role for block in drawing.blocks):
        places = [i for i, block in enumerate(drawing.blocks) if block.role is role]
        figure.add_bar(
            x=[middles[i] for i in places],
            y=[heights[i] for i in places],
            base=[-heights[i] / 2 for i in places],
            width=[widths[i] for i in places],
            name=ROLE_NAMES.get(role.value, role.value),
            marker={"color": COLORS[role], "line": {"color": LINE, "width": 1}},
            hovertext=[_hover(drawing.blocks[i]) for i in places],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    _add_skips(figure, drawing, middles, heights)
    for middle, height, block in zip(middles, heights, drawing.blocks, strict=True):
        figure.add_annotation(
            x=middle,
            y=-height / 2,
            text=_size(block, is_narrow),
            showarrow=False,
            yanchor="top",
        )
    figure.update_xaxes(visible=False)
    lowest = -max(heights) / 2
    figure.update_yaxes(visible=False, range=[lowest * 1.6, -lowest * 1.35])
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}
    return figure.update_layout(
        barmode="overlay", height=420, legend=legend, margin={"l": 10, "r": 10, "t": 40, "b": 10}
    )


def _height(block: Block) -> float:
    return math.log2(block.shape[1] + 1) if len(block.shape) == 3 else 0.6


def _size(block: Block, is_narrow: bool) -> str:
    if len(block.shape) < 3:
        return f"{block.shape[0]}"
    return f"{block.shape[0]}{'' if is_narrow else ' ×'}<br>{block.shape[1]}²"


def _hover(block: Block) -> str:
    shape = " × ".join(map(str, block.shape))
    return f"{block.title}<br>{shape}<br>{block.parameters:,} parameters<br>{block.macs:,} products"


def _add_skips(
    figure: go.Figure, drawing: NetworkMap, middles: list[float], heights: list[float]
) -> None:
    for edge in drawing.edges:
        if not edge.is_skip:
            continue
        top = max(heights[edge.source : edge.target + 1]) / 2 * 1.12
        x0, x1 = middles[edge.source], middles[edge.target]
        figure.add_scatter(
            x=[x0, x0, x1, x1],
            y=[heights[edge.source] / 2, top, top, heights[edge.target] / 2],
            mode="lines",
            line={"color": LINE, "width": 2, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )


def cost_figure(facts: Mapping[str, ArchitectureFacts], chosen: str) -> go.Figure:
    """Return all networks by parameters and products, both logarithmic; ``chosen`` is marked."""
    figure = go.Figure()
    for title, fact in facts.items():
        is_chosen = title == chosen
        figure.add_scatter(
            x=[fact.parameters],
            y=[fact.macs],
            mode="markers+text",
            text=[title],
            textposition=PLACES.get(title, "middle right"),
            marker={
                "size": 20 if is_chosen else 13,
                "color": OKABE_ITO[1] if is_chosen else OKABE_ITO[0],
                "symbol": "diamond" if is_chosen else "circle",
                "line": {"color": LINE, "width": 1},
            },
            hovertemplate=f"{title}<br>{fact.parameters:,} parameters<br>{fact.macs:,} products"
            "<extra></extra>",
        )
    figure.update_xaxes(type="log", title="parameters", gridcolor=GRID, range=[4.4, 9.4], dtick=1)
    figure.update_yaxes(type="log", title="MACs per image", gridcolor=GRID, dtick=2)
    figure.update_yaxes(exponentformat="power", range=[4.6, 10.8])
    figure.update_xaxes(exponentformat="power")
    return figure.update_layout(
        showlegend=False, height=400, margin={"l": 10, "r": 10, "t": 10, "b": 10}
    )
