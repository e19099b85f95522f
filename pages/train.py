"""Train: a network learns your material from a few corrected or labelled images."""

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import keeping, session
from pages.components.frame.words import literal
from pages.components.train import begin, stage
from pages.components.train.link import LINK

PAGE = {"group": "Analyse", "title": "Train", "order": 3}

st.title("Train")
workspace = keeping.workspace()
if workspace is None:
    st.warning(literal(keeping.trouble(session.memory())))
    st.stop()

LINK.read()
chosen = stage.chosen(workspace)
try:
    if chosen is None:
        st.caption(
            "Teach a network your material: from images that you corrected, or from images with "
            "masks, and with a score on images that it has not seen."
        )
        begin.draw(workspace)
    else:
        stage.draw(workspace, chosen)
except LamellaError as error:
    st.warning(literal(str(error)))
