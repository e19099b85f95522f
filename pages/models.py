"""Models: what each network was trained for, how well it does, where it fails."""

import streamlit as st

from models.catalogue import all_cards
from pages.components.frame import session
from pages.components.models import exporting, foreign, importing, lab_model, model_card, overview

PAGE = {"group": "Zoo", "title": "Models", "order": 1}

st.title("Models")

overview.LINK.read()
known = all_cards(session.models())
chosen = overview.LINK.one_of("card", known)
if chosen is None:
    st.caption("What each model is for, how well it performs and how fast; a click opens its card.")
    importing.draw()
    overview.table()
else:
    with st.container(horizontal=True):
        icon = ":material/arrow_back:"
        st.button("All models", key="all-models", icon=icon, on_click=overview.close)
        exporting.draw(known[chosen])
    foreign.draw(chosen)
    model_card.draw(known[chosen])
    lab_model.draw(chosen)
