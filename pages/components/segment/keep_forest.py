"""Keeping a forest that was taught by strokes: under a name, for other images and for others."""

from __future__ import annotations

import streamlit as st

from core.errors import LamellaError
from core.types.model_card import ModelCard
from pages.components.frame import keeping, session
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.models.lab_model import EVERYBODY, ME
from pages.components.segment import marking, run
from pages.components.segment.marking import Marking

KEPT, TROUBLE = "forest-kept", "forest-trouble"
ABOUT = "It can then be chosen on any image and in a batch, without strokes."
DONE = (
    "Kept as **{}**: choose it in the list of models on any image and in a batch, or as `--model "
    "{}` in the terminal."
)
LONGEST_TITLE = 60


def draw(opened: Opened, card: ModelCard, marked: Marking) -> None:
    """Draw what keeps the forest that the marks on the open image teach; nothing before there is
    one, or where nothing can be kept."""
    if not marked.is_ready or keeping.workspace() is None:
        return
    about = marked.marks.digest
    with st.popover("Keep this forest", icon=":material/bookmark_add:", width="stretch"):
        st.caption(ABOUT)
        st.text_input("Name", key="forest-title", max_chars=LONGEST_TITLE)
        st.segmented_control(
            "Who finds it", [ME, EVERYBODY], default=ME, required=True, key="forest-who"
        )
        title = str(session.value_of("forest-title") or "").strip()
        if st.button("Keep", key="forest-keep", type="primary", disabled=not title):
            _keep(opened, card, marked, title)
        if why := session.value_of(TROUBLE):
            st.warning(literal(why))
    kept = session.value_of(KEPT) or {}
    if about in kept:
        st.caption(DONE.format(*kept[about]))


def _keep(opened: Opened, card: ModelCard, marked: Marking, title: str) -> None:
    from models import lab
    from models.lab.forest import forest_model

    workspace = keeping.workspace()
    assert workspace is not None
    everyone = session.value_of("forest-who") == EVERYBODY
    drawn = marking.drawn_on(opened.micrograph.digest)
    strokes = 0 if drawn.mask else len(drawn.strokes)
    try:
        with st.spinner("Keeping the forest."):
            engine = run.fitted(opened, card, marked)
            made = lab.keep(
                workspace, session.owner(), forest_model(engine, title, everyone, strokes)
            )
    except LamellaError as error:
        session.remember(TROUBLE, str(error))
        return
    session.remember(TROUBLE, "")
    known = session.value_of(KEPT) or {}
    names = (literal(made.card.title), made.name)
    session.remember(KEPT, {**known, marked.marks.digest: names})
