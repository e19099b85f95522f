"""Models: what each network was trained for, how well it does, where it fails."""

from pathlib import Path

import streamlit as st

from models import zoo
from models.catalogue import all_cards

PAGE = {"group": "Zoo", "title": "Models", "order": 1}

LINKS = {"segment.py": "Segment with this model", "inspect.py": "Look into this network"}
ARROW = ":material/arrow_forward:"

st.title("Models")
st.caption("What each network was trained for, how well it does, and where it fails.")

for card in all_cards().values():
    segments = card.name in zoo.CARDS
    with st.container(border=True):
        st.subheader(card.title)
        st.write(card.purpose)
        if card.untrained:
            st.warning("Untrained: what this network answers is chance.")
        about, measured = st.columns([3, 2], gap="large")
        with about:
            facts = {
                "Phases" if segments else "Kinds": ", ".join(phase.name for phase in card.phases),
                "Architecture": card.architecture,
                "Trained on": card.data,
            }
            if card.build is not None and segments:
                size = f"{card.pixel_size_nm:.4g} nm" if card.pixel_size_nm else "mixed"
                facts["Pixel size of the training images"] = size
            facts["Licence"], facts["Reference"] = card.licence, card.reference
            facts["Name on the terminal"] = f"`{card.name}`"
            st.table(facts, border="horizontal", alt=f"What {card.title} is")
        with measured:
            for data, scores in card.scores_by_data().items():
                for score in scores:
                    st.metric(score.metric, f"{score.value:.3f}")
                st.caption(f"Measured on {data}.")
            if card.limits:
                st.markdown(f"**Where it fails.** {card.limits}")
        chosen = {**st.query_params, "model" if segments else "network": card.name}
        with st.container(horizontal=True):
            for page, label in LINKS.items():
                if segments if page == "segment.py" else card.build is not None:
                    path = Path(__file__).with_name(page)
                    st.page_link(path, label=label, query_params=chosen, icon=ARROW)
