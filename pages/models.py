"""Models: what each network was trained for, how well it does, where it fails."""

from pathlib import Path

import streamlit as st

from models import zoo
from models.catalogue import all_cards
from models.measured import measured
from pages.components.frame.sidebar import UNTRAINED
from pages.components.models import model_card

PAGE = {"group": "Zoo", "title": "Models", "order": 1}

LINKS = {"segment.py": "Segment with this model", "inspect.py": "Inspect this network"}
ARROW = ":material/arrow_forward:"

st.title("Models")
st.caption("What each model is for, how well it performs, and where it fails.")

for card in all_cards().values():
    segments = card.name in zoo.CARDS
    with st.container(border=True):
        st.subheader(card.title)
        st.write(card.purpose)
        if card.untrained:
            st.warning(UNTRAINED)
        found = measured(card.name)
        about, how_well = st.columns([3, 2], gap="large")
        with about:
            model_card.facts(card, segments, found)
            model_card.failures(card)
        with how_well:
            model_card.scores(card, found)
        if found:
            with st.expander("All scores and confidence calibration"):
                model_card.all_scores(card, found)
        chosen = {**st.query_params, "model" if segments else "network": card.name}
        with st.container(horizontal=True):
            for page, label in LINKS.items():
                if segments if page == "segment.py" else card.build is not None:
                    path = Path(__file__).with_name(page)
                    st.page_link(path, label=label, query_params=chosen, icon=ARROW)
