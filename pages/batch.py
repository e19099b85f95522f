"""Batch: many images measured alike, and what they say together."""

import streamlit as st

from pages.components.batch import begin, result
from pages.components.batch.link import LINK
from pages.components.frame import keeping, session

PAGE = {"group": "Analyse", "title": "Batch", "order": 5}

st.title("Batch")
workspace = keeping.workspace()
if workspace is None:
    st.warning(keeping.trouble(session.memory()))
    st.stop()

LINK.read()
chosen = result.chosen(workspace)
if chosen is None:
    st.caption(
        "Measure many images alike: each field by itself, all of them together with intervals over "
        "fields, and groups of them compared."
    )
    begin.draw(workspace)
else:
    result.draw(workspace, chosen)
