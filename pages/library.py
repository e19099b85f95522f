"""Library: every image that you worked on, with its results: find, compare, share, delete."""

import streamlit as st

from pages.components.frame import keeping, session
from pages.components.frame.words import literal
from pages.components.library import actions, item, overview

PAGE = {"group": "Analyse", "title": "Library", "order": 7}

st.title("Library")
workspace = keeping.workspace()
if workspace is None:
    st.warning(literal(keeping.trouble(session.memory())))
    st.stop()

overview.LINK.read()
actions.say_trouble()
kept = item.chosen(workspace)
if kept is None:
    st.caption("Every image that you opened as a file or segmented, with its results.")
    overview.draw(workspace)
else:
    item.draw(workspace, kept)
