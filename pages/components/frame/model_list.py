"""The models that segment, by kind, and what each is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.types.model_card import ModelCard
from pages.components.frame import lab, session

MODELS = Path(__file__).resolve().parents[2] / "models.py"


def groups() -> Mapping[str, tuple[ModelCard, ...]]:
    """Return the models that segment, by kind."""
    from models import catalogue

    known = session.models()
    return {
        kind: cards
        for kind, cards in catalogue.groups(known).items()
        if all(card.name in known for card in cards)
    }


def draw() -> None:
    """Draw what each model is for, by kind, with a way to its card."""
    with st.popover("What each model is for", width="stretch"):
        for kind, cards in groups().items():
            st.markdown(f"**{kind}**")
            for card in cards:
                query = {**st.query_params, "card": card.name}
                st.page_link(MODELS, label=lab.text(card, card.title), query_params=query)
                st.caption(lab.text(card, card.purpose))
