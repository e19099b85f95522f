"""The memory of a first layer in its forms, to use it and to train it, beside a graphics card."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from typing import Any

import plotly.graph_objects as go

from core.concepts.convolution.parameter_counts import (
    CARDS,
    GIB,
    cards_needed,
    in_words,
    memory_bytes,
)
from core.figures.concepts.parameters import LEGEND, TICKS
from core.figures.style import GRID, LINE, drawn, upright
from core.palette import OKABE_ITO

FITS, FITS_NOT = OKABE_ITO[2], OKABE_ITO[5]
TASKS = (
    ("to train: weights, gradients, Adam's two moments", True, "/"),
    ("to use: weights", False, ""),
)
LOWEST, HIGHEST = 1.5, 16.2
INSIDE = 6.0
"""Powers of ten, in bytes: a longer bar has room for its words, also in a narrow window; beside it
the line of the card would run through them."""
WRITTEN = {FITS: "#000000", FITS_NOT: "#ffffff"}


def card_figure(weights: Mapping[str, int], precision: str, card: str) -> go.Figure:
    """Draw the bytes of layers, ``weights`` by name, in use and in training, as two bars each.

    Orange does not fit on the graphics card ``card``, one of CARDS; green does.
    """
    names = [name.replace(", ", ",<br>") for name in weights]
    bars = [_bars(names, weights, precision, card, *task) for task in TASKS]
    place = log10(CARDS[card] * GIB)
    layout = {
        "barmode": "group",
        "bargap": 0.16,
        "shapes": [{**upright(CARDS[card] * GIB, width=3, dash="dash"), "layer": "below"}],
        "annotations": [
            {
                "x": place,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": f"{card}: {CARDS[card]} GB",
                "showarrow": False,
            }
        ],
        "xaxis": {
            "type": "log",
            "gridcolor": GRID,
            "tickvals": TICKS,
            "ticktext": [in_words(size) for size in TICKS],
            "range": [LOWEST, HIGHEST],
        },
        "yaxis": {"automargin": True, "autorange": "reversed"},
        "legend": {**LEGEND, "traceorder": "reversed"},
        "margin": {"l": 10, "r": 10, "t": 32, "b": 8},
    }
    return drawn(bars, layout)


def _bars(
    names: list[str],
    weights: Mapping[str, int],
    precision: str,
    card: str,
    title: str,
    training: bool,
    pattern: str,
) -> dict[str, Any]:
    sizes = [memory_bytes(count, precision, training) for count in weights.values()]
    needed = [cards_needed(size, CARDS[card]) for size in sizes]
    colors = [FITS if count == 1 else FITS_NOT for count in needed]
    return {
        "type": "bar",
        "orientation": "h",
        "name": title,
        "x": sizes,
        "y": names,
        "marker": {
            "color": colors,
            "line": {"color": LINE, "width": 1},
            "pattern": {"shape": pattern, "fillmode": "overlay", "solidity": 0.15},
        },
        "text": [
            f"<b>{in_words(size)}</b>: " + ("fits" if cards == 1 else f"{cards:,} cards")
            for size, cards in zip(sizes, needed, strict=True)
        ],
        "textposition": ["inside" if log10(size) > INSIDE else "outside" for size in sizes],
        "insidetextanchor": "end",
        "insidetextfont": {"color": [WRITTEN[color] for color in colors]},
        "constraintext": "none",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
