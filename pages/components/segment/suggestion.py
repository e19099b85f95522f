"""Which model fits the image: chosen where the user has chosen none, else offered in a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.types import ModelCard
from pages.components.frame import background, networks, session, stores
from pages.components.frame.session import Opened
from pages.components.segment import run

if TYPE_CHECKING:
    from core.analysis import Analysis
    from core.classification.card import Classification

CLASSIFIER = "micrograph-type"
POLL_SECONDS = 0.7
UNLIKE_ALL = "This image does not resemble the training data of any network."
LOOKS_LIKE = "Looks like our images of {} ({:.0f} %)."
USE = "Use {}"
OTHER = "It looks like our images of {} ({:.0f} %), and {} was trained on other ones."
PLACE = "suggestion"
"""Of the job in the background."""
SURE, CERTAIN = 0.7, 0.9
"""Probability from which a class is offered, and from which its model is taken where none was
chosen."""
NOTHING_LIKE_IT = 0.5
INSPECT = Path(__file__).resolve().parents[2] / "inspect.py"
RESULT_BYTES = 1000


def draw(opened: Opened, card: ModelCard, analysis: Analysis | None) -> None:
    """Draw what the image looks like where a model fits it, or none does.

    An upload for which no model was chosen yet gets the one that fits. ``analysis``: of the image
    by ``card``, once there is one; its warnings are not said again.
    """
    answer = _answer(opened)
    if answer is None:
        return
    from models import zoo

    name, share = answer.suggestion, answer.probabilities[answer.index]
    if name is None:
        if share >= NOTHING_LIKE_IT and card.weights and not (analysis and analysis.warnings):
            st.caption(UNLIKE_ALL)
        return
    if name not in zoo.CARDS or share < SURE:
        return
    untouched = analysis is None and background.running(run.PLACE) is None
    if untouched and share >= CERTAIN and session.suggest_model(opened.source, name):
        st.rerun()
    looks = LOOKS_LIKE.format(answer.image_class.name, 100 * share)
    if not _is_for(card, name):
        st.caption(looks)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                USE.format(zoo.CARDS[name].title),
                key=f"use-{name}",
                on_click=session.choose_model,
                args=(name,),
            )
            _why(answer, looks)
    elif session.is_suggested(opened.source):
        chosen = f" That is why {card.title} is chosen." if share >= CERTAIN else ""
        st.caption(f"{looks}{chosen}")
        _why(answer, looks)


def doubts(opened: Opened, card: ModelCard) -> tuple[str, ...]:
    """Return a sentence where the image looks like those of another model; none of a sample."""
    answer = _answer(opened) if card.weights and opened.truth is None else None
    if answer is None or answer.suggestion is None or _is_for(card, answer.suggestion):
        return ()
    share = answer.probabilities[answer.index]
    if share < SURE:
        return ()
    return (OTHER.format(answer.image_class.name, 100 * share, card.title),)


def _is_for(card: ModelCard, name: str) -> bool:
    """Return whether a model is the one of this name, or a variant of it."""
    return card.name == name or card.name.startswith(f"{name}-")


def _why(answer: Classification, looks: str) -> None:
    link = {"network": CLASSIFIER, "view": "label", "show": "cam", "class": str(answer.index)}
    with st.popover("Why?"):
        st.markdown(
            f"{looks} A small network compared it with the images that each model was trained on, "
            "and it can be wrong for a material that it never met, so check the result by eye."
        )
        label = "What in the image speaks for it"
        st.page_link(INSPECT, label=label, query_params={**st.query_params, **link})


def _answer(opened: Opened) -> Classification | None:
    """Return the kind of the image once it is known; until then it is found in the background."""
    from models import classifiers

    shown = opened.micrograph
    key = ("class", shown.digest, shown.bar_rows)
    results = stores.results()
    found = results.get(key)
    if found is not None or classifiers.card(CLASSIFIER).weights is None:
        return found
    job = background.running(PLACE)
    if job is None or job.key != key:
        job = background.begin(
            PLACE,
            key,
            lambda _: _classified(opened),
            lambda made: results.put(key, made, RESULT_BYTES),
        )
    # Where it failed, nothing is suggested; the job stays, so that it is not tried at every run.
    # The end of a segmentation draws the page again anyway.
    if not job.finished and background.running(run.PLACE) is None:
        background.wait_unseen(PLACE, POLL_SECONDS)
    return results.get(key)


def _classified(opened: Opened) -> Classification:
    from core.classification.classify import classify
    from models import classifiers

    network = networks.classifier(CLASSIFIER)
    return classify(opened.micrograph, network, classifiers.card(CLASSIFIER))
