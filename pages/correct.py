"""Correct: a segmentation corrected by hand, object by object."""

import streamlit as st

from core.errors import LamellaError
from pages.components.correct import choices, stage
from pages.components.correct.link import LINK
from pages.components.frame import keeping, session
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.segment import files, run
from pages.components.viewer.viewer import ViewerSettings, viewer

PAGE = {"group": "Analyse", "title": "Correct", "order": 2}

st.title("Correct")
st.caption(
    "Correct what the model got wrong and confirm what it got right. Every stroke is saved at "
    "once; measurements and exports follow."
)
LINK.read()
opened = choices.micrograph()
if opened is None:
    st.stop()
workspace = keeping.workspace()
if workspace is None:
    st.warning(literal(keeping.trouble(session.memory())))
    st.stop()
session.show_notice()
try:
    chosen = choices.choose(workspace, opened)
    if chosen is None:
        viewer(
            publish.micrograph(opened.micrograph),
            ViewerSettings(bar_rows=opened.micrograph.bar_rows),
            key="viewer",
        )
        run.next_step()
        st.stop()
    stage.draw(workspace, opened, chosen)
except LamellaError as error:
    st.warning(literal(str(error)))
else:
    with st.sidebar:
        files.export(chosen.reference)
