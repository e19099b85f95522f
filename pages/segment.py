"""Segment: a micrograph in, a measured segmentation out."""

import streamlit as st

from pages.components import cards, publish, run, sidebar
from pages.components.viewer import viewer

PAGE = {"group": "Analyse", "title": "Segment", "order": 1}

st.title("Segment")
st.caption("A trained network marks the phases of a micrograph, counts and measures the objects.")

opened = sidebar.choose_micrograph()
if opened is None:
    cards.first_screen()
    st.stop()
card = sidebar.choose_model()
settings = sidebar.object_settings(card)
with st.sidebar:
    analysis = run.segment(opened, card, settings)
shown = opened.micrograph
viewer(
    publish.micrograph(shown),
    key="viewer",
    labels=publish.labels(analysis.segmentation) if analysis else None,
    objects=publish.objects(analysis) if analysis else None,
    phases=card.phases,
    info_bar_rows=shown.info_bar_rows,
)
