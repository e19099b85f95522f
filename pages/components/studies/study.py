"""What the case studies share: the frame, the five steps, and the way on from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages.components.frame import presenter
from pages.components.frame.page_link import PageLink

PAGES = Path(__file__).resolve().parents[2]
STEPS = {
    "data": "1 Data",
    "question": "2 Question",
    "network": "3 Network",
    "result": "4 Result",
    "breaks": "5 What breaks it",
}


def link_of(page: str, *names: str) -> PageLink:
    """Return the link of a study. ``page``: its address. ``names``: its parameters but ``step``."""
    return PageLink(page, ("step", *names))


def begin(link: PageLink, title: str, sentence: str) -> str:
    """Draw heading, purpose and the choice of the step; return the step, a key of STEPS."""
    presenter.heading(title, sentence)
    link.read()
    with st.container(key=presenter.WAY):
        return link.choose("Step", "step", STEPS, label_visibility="collapsed")


def go_on(learn: Mapping[str, str], inspect: Mapping[str, str] | None = None) -> None:
    """Draw links: to pages of the lecture, title by file, and to Inspect with these parameters."""
    with st.container(key=presenter.END, horizontal=True):
        for file, title in learn.items():
            st.page_link(PAGES / f"{file}.py", label=f"Learn: {title}", icon=":material/school:")
        if inspect is not None:
            st.page_link(
                PAGES / "inspect.py",
                label="Inspect the trained network",
                icon=":material/search:",
                query_params=dict(inspect),
            )


def measured_by(command: str) -> None:
    """Say which command measured what is shown."""
    st.caption(f"Measured by `{command}`; the numbers lie in the repository.")
