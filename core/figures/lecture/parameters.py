"""The memory of a first layer in its forms as bars, beside what graphics cards hold."""

from __future__ import annotations

from math import log10

import plotly.graph_objects as go

from core.concepts.convolution.parameter_counts import (
    CARDS_GIB,
    DENSE,
    DENSE_MAPS,
    FORMS,
    GIB,
    LOCAL,
    SHARED,
    Layers,
    in_words,
    memory_bytes,
)
from core.figures.cell_numbers import ink_on
from core.figures.concepts.parameters import COLORS, TICKS
from core.figures.style import GRID, drawn, upright

ORDER = (SHARED, LOCAL, DENSE, DENSE_MAPS)


def forms_figure(layers: Layers, side: int) -> go.Figure:
    """Draw the weights of each form of a layer on side x side px as bars of float32 memory."""
    counts = {name: FORMS[name](layers, side) for name in ORDER}
    sizes = [memory_bytes(count, "float32", False) for count in counts.values()]
    names = [name if name != DENSE else f"{name}, {layers.units} units" for name in counts]
    colors = [COLORS[index] for index in (2, 1, 3, 0)]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": sizes,
        "y": [name.replace(", ", ",<br>") for name in names],
        "marker": {"color": colors},
        "text": [
            f"{count:,} weights, {in_words(size)}"
            for count, size in zip(counts.values(), sizes, strict=True)
        ],
        "textposition": ["outside", "inside", "inside", "inside"],
        "insidetextanchor": "end",
        "insidetextfont": {"color": [ink_on(one) for one in colors]},
        "hoverinfo": "skip",
    }
    cards = [
        {
            "x": log10(size * GIB),
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "xanchor": anchor,
            "text": text,
            "showarrow": False,
        }
        for size, anchor, text in (
            (CARDS_GIB[0], "right", "cards: 8 GB"),
            (CARDS_GIB[-1], "left", "80 GB"),
        )
    ]
    layout = {
        # Below the bars, so that no line crosses a number.
        "shapes": [
            {**upright(size * GIB, width=2, dash="dot"), "layer": "below"} for size in CARDS_GIB
        ],
        "annotations": cards,
        "xaxis": {
            "type": "log",
            "gridcolor": GRID,
            "tickvals": TICKS,
            "ticktext": [in_words(size) for size in TICKS],
            "range": [1.5, 14.6],
            "title": "memory of the weights, float32",
        },
        "yaxis": {"automargin": True},
        "margin": {"l": 10, "r": 20, "t": 36, "b": 60},
    }
    return drawn([bars], layout)
