"""What the card of a foreign model says first: whether anybody here has measured it."""

from __future__ import annotations

import streamlit as st

from pages.components.frame import lab, session
from pages.components.frame.words import literal

NOT_TESTED = (
    "**Not tested by Lamella.** What it learned from and how good it is, is what its makers say. "
    "Measure it on images of yours before you trust it: *Measure* compares a result with a mask, "
    "`lamella evaluate` a folder."
)


def draw(name: str) -> None:
    """Draw it for the model of this name; nothing for one that is not foreign."""
    found = lab.found(session.memory()).get(name)
    if found is None or found.kind != "foreign":
        return
    if not found.card.tested:
        st.warning(NOT_TESTED)
        return
    st.markdown("**Measured in this lab**")
    st.table(
        [
            {
                "score": literal(one.metric),
                "value": f"{one.value:.3f}",
                "measured on": literal(one.data),
            }
            for one in found.card.tested
        ],
        border="horizontal",
    )
