"""The way back from a result to other choices with the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.workspace.lab import trainings

if TYPE_CHECKING:
    from core.workspace.lab.training import Training
    from core.workspace.workspace import Workspace


def draw(workspace: Workspace, training: Training) -> None:
    """Draw the button that lets the same images be trained with otherwise."""
    with st.popover("Train again with other choices", icon=":material/replay:"):
        st.markdown("What this training gave goes, unless it is kept; its images stay.")
        st.button(
            "Train again",
            on_click=trainings.reopen,
            args=(workspace, training),
            key="train-again",
        )
