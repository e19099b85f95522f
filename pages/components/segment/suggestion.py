"""Which model fits the image, as a line with a button below the choice of the model; never by
itself."""

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
LOOKS_LIKE = "Looks like {} ({:.0f} %). Switch to the model for it?"
PLACE = "suggestion"
"""Of the job in the background."""
SURE = 0.5
"""Probability from which a kind is worth a line."""
INSPECT = Path(__file__).resolve().parents[2] / "inspect.py"
RESULT_BYTES = 1000


def draw(opened: Opened, card: ModelCard, analysis: Analysis | None) -> None:
    """Draw what the image looks like where another model fits it, or none does.

    ``analysis``: of the image by ``card``, once there is one; its warnings are not said again.
    """
    answer = _answer(opened)
    if answer is None:
        return
    from models import zoo

    name, is_sure = answer.suggestion, answer.probabilities[answer.index] >= SURE
    if not is_sure:
        return
    if name in zoo.CARDS and not _is_for(card, name):
        _offer(answer, name)
    if name is None and card.weights and not (analysis and analysis.warnings):
        st.caption(UNLIKE_ALL)


def _is_for(card: ModelCard, name: str) -> bool:
    """Return whether a model is the one of this name, or a variant of it."""
    return card.name == name or card.name.startswith(f"{name}-")


def _offer(answer: Classification, name: str) -> None:
    why = {"network": CLASSIFIER, "view": "label", "show": "cam", "class": str(answer.index)}
    share = 100 * answer.probabilities[answer.index]
    st.caption(LOOKS_LIKE.format(answer.image_class.name, share))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Switch model", key=f"use-{name}", on_click=session.choose_model, args=(name,))
        st.page_link(INSPECT, label="Why?", query_params={**st.query_params, **why})


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
