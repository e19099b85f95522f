"""The part of the link that is the page *Train*'s own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.frame.page_link import PageLink

TRAIN = Path(__file__).resolve().parents[2] / "train.py"
LINK = PageLink("train", ("training", "source", "shown"))


def train_link() -> None:
    """Draw the link that leads from a corrected image to a training with it."""
    st.page_link(
        TRAIN,
        label="Teach a network with it",
        icon=":material/school:",
        query_params={"source": "corrected"},
    )
