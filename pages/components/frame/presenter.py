"""Presenter: a page for a projector, with large type and nothing beside it. Esc leaves.

Whoever comes from a step of the lecture goes back to it. What is typed into a field, or closed by
Esc, is not taken for leaving.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import screen, session

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ESCAPE = "presenter_escape"
BACK = "lecture"
GOING_BACK = "presenter_back"
PAGES = Path(__file__).resolve().parents[2]
FONT_PX = 21
SWITCH_PX = 190
_STYLE = f"""<style>
html {{ font-size: {FONT_PX}px !important; }}
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stSidebarCollapsedControl"],
[data-testid="stExpandSidebarButton"] {{ display: none !important; }}
[data-testid="stMainBlockContainer"] {{ padding-top: 1rem !important; }}
</style>"""
_SCRIPT = """
const TYPED = "input, textarea, select, [contenteditable=true], [role=dialog], [role=listbox]";

export default function (component) {
  const { setTriggerValue } = component;
  const escape = (event) => {
    const target = event.composedPath()[0];
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (target instanceof Element && target.closest(TYPED)) return;
    setTriggerValue("escaped", Date.now());
  };
  document.addEventListener("keydown", escape);
  return () => document.removeEventListener("keydown", escape);
}
"""
_component = st.components.v2.component("lamella_escape", js=_SCRIPT)


def heading(title: str, *sentences: str, picture_px: int = 0) -> DeltaGenerator:
    """Draw heading, purpose and the presenter switch of a page that can be shown to a class.

    Return a place beside the words, ``picture_px`` wide, for a picture.
    """
    _go_back()
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
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
            help="Large type and nothing beside the page; Esc leaves.",
        )
        if screen.presenting():
            _leave_by_escape()
    return picture


def _leave_by_escape() -> None:
    st.html(_STYLE)
    step = st.query_params.get(BACK)

    def escaped() -> None:
        if step is None:
            session.control("presenter", False)
        else:
            session.remember(GOING_BACK, step)

    _component(key=ESCAPE, on_escaped_change=escaped)
    if step is not None:
        st.button("Back to the lecture", on_click=escaped)


def _go_back() -> None:
    step = session.value_of(GOING_BACK)
    if step is None:
        return
    session.remember(GOING_BACK, None)
    query = {**session.everywhere(), "step": step, "present": "1"}
    st.switch_page(PAGES / "lecture.py", query_params=query)
