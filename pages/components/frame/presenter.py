"""Presenter: a page for a projector, with large type and nothing beside it. Esc leaves.

Whoever comes from a step of the lecture goes back to it. What is typed into a field, or closed by
Esc, is not taken for leaving.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.frame import screen, session

ESCAPE = "presenter_escape"
BACK = "lecture"
GOING_BACK = "presenter_back"
PAGES = Path(__file__).resolve().parents[2]
FONT_PX = 21
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


def heading(title: str, sentence: str) -> None:
    """Draw heading, purpose and the presenter switch of a page that can be shown to a class."""
    _go_back()
    words, switch = st.columns([5, 2], vertical_alignment="center")
    words.title(title)
    words.markdown(sentence)
    with switch.container(horizontal_alignment="right"):
        st.toggle(
            "Presenter",
            key="presenter",
            bind="query-params",
            help="Large type and nothing beside the page; Esc leaves.",
        )
        if screen.presenting():
            _leave_by_escape()


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
