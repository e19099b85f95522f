"""What depends on how large the page's type is: the presenter switch, columns and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures.style import FONT_PX, PRESENTER_FONT_PX, readable
from pages.components.frame import session

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

INKS = {"light": "#0f1214", "dark": "#e6e7e7"}
"""Of a page's text; Streamlit's own charts are written in a grey of 3.9 to 1."""
HALF, THIRD = 460, 300
"""Two halves or three thirds stand side by side at 1440 px, also beside a scroll bar."""


def presenting() -> bool:
    """Return whether the presenter switch is on."""
    return bool(session.value_of("presenter"))


def parts(*widths: int) -> list[DeltaGenerator]:
    """Return places side by side, of ``widths`` in px; on a narrow screen one below the other.

    As presenter they share the whole width in the same proportion.
    """
    if presenting():
        return st.columns(list(widths), gap="medium")
    row = st.container(horizontal=True, gap="medium")
    return [row.container(width=width) for width in widths]


def chart(figure: go.Figure, key: str, height: int | None = None) -> None:
    """Show a plotly figure large enough for the last row, without its tool bar."""
    if height is not None:
        figure.layout.height = height
    ink = INKS["dark" if st.context.theme.type == "dark" else "light"]
    shown = readable(figure, PRESENTER_FONT_PX if presenting() else FONT_PX, ink)
    st.plotly_chart(shown, key=key, config={"displayModeBar": False})
