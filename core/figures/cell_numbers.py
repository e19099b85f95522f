"""Numbers written on coloured cells and bars: black on light ones, white on dark ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.figures.style import CLEAR
from core.palette import rgb

BLACK, WHITE = "#000000", "#ffffff"
EVEN_LUMINANCE = 0.179
"""Of a ground on which black and white have the same contrast, 4.58 to 1 (WCAG 2.1)."""
BLANK = "\u2007"


def greys(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the colours (h, w, 3) uint8 of values (h, w) on a scale from black to white."""
    shares = np.clip((np.asarray(values, float) - low) / (high - low), 0, 1)
    return np.repeat(np.rint(255 * shares).astype(np.uint8)[..., None], 3, axis=2)


def numbered(
    cells: Mapping[str, Any], labels: np.ndarray, colors: np.ndarray, size_px: int | None = None
) -> list[dict[str, Any]]:
    """Return a heatmap with a label on each cell, as two traces: one for each colour of type.

    ``cells``: a heatmap in plotly's terms. ``labels``: (h, w) text. ``colors``: (h, w, 3) uint8,
    those of the cells. ``size_px``: of the type, None for the largest that fits. Plotly's own
    choice of colour is white or #444444, which on mid-grey is 2.5 to 1.
    """
    is_dark = _luminance(colors) < EVEN_LUMINANCE
    # Blanks as long as the labels: plotly fits the size of the type to all of a trace's.
    blanks = np.array([[BLANK * len(label) for label in row] for row in labels])
    invisible = {"colorscale": ((0, CLEAR), (1, CLEAR)), "showscale": False, "hoverinfo": "skip"}
    return [
        {**cells, **_text(np.where(is_dark, blanks, labels), BLACK, size_px)},
        {
            **{
                name: one
                for name, one in cells.items()
                if name not in ("hovertemplate", "colorbar")
            },
            **invisible,
            **_text(np.where(is_dark, labels, blanks), WHITE, size_px),
        },
    ]


def ink_on(color: str) -> str:
    """Return "#rrggbb" of what is written on "#rrggbb"."""
    return WHITE if float(_luminance(rgb(color))) < EVEN_LUMINANCE else BLACK


def _text(labels: np.ndarray, color: str, size_px: int | None) -> dict[str, Any]:
    font = {"color": color} | ({"size": size_px} if size_px else {})
    return {"text": labels, "texttemplate": "%{text}", "textfont": font}


def _luminance(colors: np.ndarray) -> np.ndarray:
    """Return the relative luminance, 0 to 1, of colours (..., 3) uint8 as WCAG 2.1 defines it."""
    share = colors / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)
