"""The part of the link that is the page *Correct*'s own, and the way to it from other pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.frame import session
from pages.components.frame.page_link import PageLink

RESULT = "result"
"""The parameter that names a result of the library."""
LINK = PageLink("correct", ("begin", RESULT))
MODEL, BLANK = "model", "blank"
"""What a correction begins with."""
CORRECT = Path(__file__).resolve().parents[2] / "correct.py"


def correct_link() -> None:
    """Draw the link that leads from a result to its correction."""
    st.page_link(
        CORRECT,
        label="Correct by hand",
        icon=":material/edit:",
        query_params=session.everywhere(),
    )
