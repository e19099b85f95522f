"""What the link asks of Inspect."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.frame.page_link import PageLink

LINK = PageLink(
    "inspect",
    (
        *("view", "show", "network", "layer", "channel", "row", "column", "colors"),
        *("order", "input", "scales"),  # kernels
        *("measure", "phase", "against", "all"),  # feature maps
        *("positions",),  # receptive field
        *("class", "where", "sanity", "square", "skips", "whole"),  # why this label
        "baseline",  # integrated gradients
    ),
)
VIEWS = {
    "network": "Network",
    "kernels": "Kernels",
    "maps": "Feature maps",
    "field": "Receptive field",
    "label": "Why this label",
}
FIRST = "field"
OF_LAYER = ("channel", "input")
"""What another layer takes out of the link."""


@dataclass(frozen=True)
class Request:
    """What the link asks for. ``pixel``: (row, column) of the micrograph. None: not asked."""

    layer: str | None
    channel: int | None
    pixel: tuple[int, int] | None


def read() -> Request:
    """Return what the link asks for, or what it asked for when this page was left."""
    LINK.read()
    row, column = LINK.whole("row"), LINK.whole("column")
    if (row is None) != (column is None):
        alone, lacking = ("row", "column") if column is None else ("column", "row")
        LINK.refuse(f"The link asks for a {alone} without a {lacking}; shown: the middle.", alone)
    pixel = None if row is None or column is None else (row, column)
    return Request(st.query_params.get("layer"), LINK.whole("channel"), pixel)
