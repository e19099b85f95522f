"""All models in a table; a click on a name opens its card, and the link carries which."""

from __future__ import annotations

import streamlit as st

from core.evaluation.overview import overview_row
from core.types.model_card import ModelCard
from models import catalogue
from models.lab import TOO_NEW
from models.measured import measured
from pages.components.frame import lab, session
from pages.components.frame.page_link import PageLink
from pages.components.frame.words import literal

LINK = PageLink("models", ("card",))
WIDTHS = [7, 7, 5, 2, 6]
HEADINGS = ("Model", "Task", "First score (95 % interval)", "s/Mpx", "Trained on")

MINE, EVERYBODY = "Only for you", "For everybody"


def table() -> None:
    """Draw a line for each model, the kinds below each other."""
    for place, heading in zip(_row(), HEADINGS, strict=True):
        place.markdown(f"**{heading}**")
    own = lab.found(session.memory())
    for kind, cards in catalogue.groups(session.models()).items():
        st.markdown(f"##### {kind}")
        for card in cards:
            kept = own.get(card.name)
            _line(card, "  \n" + (EVERYBODY if kept.everyone else MINE) if kept else "")
    if newer := lab.too_new(session.memory()):
        st.info(literal(TOO_NEW.format(", ".join(newer))))
    st.caption(
        "Seconds per megapixel on two CPU cores, as measured with the scores. Scores of different "
        "models are of different images and tasks, so they rank nothing."
    )


def close() -> None:
    """Go back from a card to the table."""
    LINK.change(card=None)


def _line(card: ModelCard, who: str) -> None:
    row = overview_row(card, measured(card.name))
    title, task, score, speed, data = _row()
    title.button(
        f"**{lab.text(card, card.title)}**",
        icon=":material/chevron_right:",
        key=f"card-{card.name}",
        type="tertiary",
        on_click=lambda: LINK.change(card=card.name),
    )
    task.caption(lab.text(card, card.purpose))
    if row.score:
        interval = f" ({row.interval})" if row.interval else ""
        score.markdown(f"**{row.score}**{interval}  \n:small[{lab.text(card, row.metric)}]")
    speed.markdown(row.seconds)
    data.caption(lab.text(card, row.data) + who)


def _row() -> list[st.delta_generator.DeltaGenerator]:
    return st.columns(WIDTHS, gap="small")
