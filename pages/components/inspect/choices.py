"""What Inspect lets choose in the sidebar: the micrograph, the network, and its segmentation."""

from __future__ import annotations

import streamlit as st

from core.analysis.analysis import Analysis
from pages.components.frame import lab, session, sidebar
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.inspect import image_classifiers
from pages.components.inspect.link import LINK
from pages.components.segment import run

FOREIGN = (
    "{} is a foreign model: its file holds what it computes and not the layers that it was built "
    "from, so there is nothing to look into. Choose a network beside, or segment with it."
)
NO_NETWORK = "{} is no network and has nothing to look into; shown: {}."


def micrograph() -> Opened | None:
    """Draw the image's controls; the first sample where none is chosen, None where unreadable."""
    mine = session.memory()
    for notice in filter(None, (mine.notice, mine.model_notice)):
        st.warning(literal(notice))
    session.begin_with_a_sample(run=True)
    return sidebar.choose_micrograph()


def choose_network() -> str | None:
    """Draw the choice of the network in the sidebar; return its name, None where the chosen model
    is one that cannot be looked into."""
    from models.architectures import ARCHITECTURES

    others = {**ARCHITECTURES, **image_classifiers.by_name()}
    asked = session.model()
    is_closed = asked.origin == "foreign" and asked.build is None
    usual = None if is_closed else session.network_model().name
    chosen = LINK.one_of("network", others) or usual
    trained = {name: card for name, card in session.models().items() if card.build}
    titles = {name: _with_state(card.title, card.weights) for name, card in trained.items()}
    titles |= {name: other.title for name, other in image_classifiers.by_name().items()}
    titles |= {name: _with_state(card.title, None) for name, card in ARCHITECTURES.items()}

    def choose() -> None:
        name = session.value_of(key)
        new = dict.fromkeys(("layer", "channel", "input", "class", "phase", "skips", "square"))
        if name in trained:
            session.choose_model(name)
            LINK.change(network=None, **new)
        else:
            LINK.note_value_of(key, "network", **new)

    with st.sidebar:
        st.subheader("Network")
        key = LINK.control("network", chosen, usual)
        st.selectbox(
            "Network",
            list(titles),
            index=None,
            placeholder="Choose a network",
            format_func=titles.__getitem__,
            key=key,
            on_change=choose,
            label_visibility="collapsed",
        )
        if chosen is None:
            return None
        if asked.build is None and chosen not in others:
            st.caption(literal(NO_NETWORK.format(asked.title, trained[chosen].title)))
        if chosen in others:
            st.caption(others[chosen].idea)
        else:
            st.caption(lab.text(trained[chosen], trained[chosen].purpose))
    return chosen


def cannot_be_inspected() -> str:
    """Return why the chosen model is not shown."""
    return literal(FOREIGN.format(session.model().title))


def has_phases(opened: Opened) -> bool:
    """Return whether there is a microstructure to segment; a snapshot of spins has none."""
    return not opened.source.startswith("sample:ising-")


def segmentation(opened: Opened) -> Analysis | None:
    """Draw the run of the chosen zoo model in the sidebar; return what it found."""
    card = session.network_model()
    if card.weights is None or not has_phases(opened):
        return None
    with st.sidebar:
        settings = sidebar.object_settings(card)
        found = run.segment(opened, card, settings)
        if found is None and background.running(run.PLACE) is None:
            st.caption("Segment the image to compare receptive fields with object sizes.")
    return found.analysis if found else None


def _with_state(title: str, weights: object) -> str:
    return title if weights else f"{title}, untrained"
