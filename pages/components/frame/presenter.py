"""Presenter: a page for a projector, one part of it on the whole window. Esc leaves.

Whoever comes from a step of the lecture goes back to it; a page that the lecture has a chapter of
is presented there. What is typed into a field, or closed by Esc, is not taken for leaving.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import screen, session
from pages.components.frame.serving.scripts import script

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

STAGE = "presenter_stage"
BACK = "lecture"
GOING_TO, FROM = "presenter_going_to", "presenter_from"
WAY = "presenter-way"
"""Key of the container with a choice of views that steps lead through, as those of a study."""
END = "page-end"
"""Key of the container with what a page ends with, which is not for a projector."""
PAGES = Path(__file__).resolve().parents[2]
FONT_SIZE = "min(1.406vw, 2.5vh)"
"""18 px at 1280 x 720, 27 px at 1920 x 1080."""
SWITCH_PX = 140
TABLE_PX = 27
"""Of a table's type at the largest."""
_STYLE = f"<style>html {{ font-size: {FONT_SIZE} !important; }}</style>"
_component = st.components.v2.component(
    "lamella_presenter", js=script(Path(__file__).parent, "presenter_stage.js")
)


def heading(title: str, *sentences: str, picture_px: int = 0, chapter: str = "") -> DeltaGenerator:
    """Draw heading, purpose and the presenter switch of a page that can be shown to a class.

    ``chapter``: the key of the lecture's step that presents the page, "" where the page presents
    itself. Return a place beside the words, ``picture_px`` wide, for a picture.
    """
    _go()

    def turned() -> None:
        # The page is not presented itself, so its switch is off when it is open again.
        session.control("presenter", False)
        session.remember(GOING_TO, chapter)
        session.remember(FROM, chapter)

    row = st.container(
        key="page-heading", horizontal=True, vertical_alignment="center", gap="medium"
    )
    picture = row.container(width=picture_px) if picture_px else row
    words = row.container(width="stretch", gap="small")
    words.title(title)
    for sentence in sentences:
        words.markdown(sentence)
    with row.container(width=SWITCH_PX, horizontal_alignment="right"):
        st.toggle(
            "Presenter",
            key="presenter",
            bind="query-params",
            help="On the whole window, part by part, for a projector; arrow keys, Page Down or a "
            "clicker step on, Esc leaves.",
            on_change=turned if chapter else None,
        )
    if screen.presenting():
        _stage(title)
    return picture


def _stage(title: str) -> None:
    st.html(_STYLE)
    step = st.query_params.get(BACK)

    def escaped() -> None:
        if step is None:
            session.control("presenter", False)
        else:
            session.remember(GOING_TO, step)

    _component(
        key=STAGE,
        data={"title": title, "leave": "Esc" if step is None else "Back to the lecture (Esc)"},
        on_escaped_change=escaped,
    )


def _go() -> None:
    """Open the lecture at a step, where that was asked for a moment ago."""
    step = session.value_of(GOING_TO)
    if not step:
        return
    session.remember(GOING_TO, None)
    query = {**session.everywhere(), "step": step, "present": "1"}
    st.switch_page(PAGES / "lecture.py", query_params=query)
