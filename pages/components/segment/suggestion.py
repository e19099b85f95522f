"""Which model fits the image: chosen where the user has chosen none, else offered in a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.types.model_card import ModelCard
from pages.components.frame import session
from pages.components.frame.images import images, samples
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.frame.work import background
from pages.components.segment import image_class, keep_forest, run
from pages.components.segment.marking import Marking

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.classification.card import Classification

POLL_SECONDS = 2.0
UNLIKE_ALL = "This image does not look like those that {} was trained on."
LOOKS_LIKE = "Looks like our images of {} ({:.0f} %)."
CHOSEN = "{} That is why {} is chosen."
USE = "Use {}"
PLACE = "suggestion"
"""Of the job in the background."""
INSPECT = Path(__file__).resolve().parents[2] / "inspect.py"
MOST_PICTURES = 3


def draw(
    opened: Opened, card: ModelCard, analysis: Analysis | None, marked: Marking | None = None
) -> None:
    """Draw what the image looks like where a model fits it, or that this one does not.

    An upload for which no model was chosen yet gets the one that fits. ``analysis``: of the image
    by ``card``, once there is one; its warnings are not said again. ``marked``: of a forest, which
    fits where it was taught, so that keeping it is offered instead.
    """
    if marked is not None:
        keep_forest.draw(opened, card, marked)
        return
    answer = image_class.known(opened.micrograph)
    if answer is None:
        return
    from core.classification import doubt
    from models import zoo

    name = doubt.sure_suggestion(answer)
    if name is None or name not in zoo.CARDS:
        if analysis is None and opened.truth is None and doubt.doubts(card, answer):
            st.caption(UNLIKE_ALL.format(card.title))
        return
    untouched = analysis is None and background.running(run.PLACE) is None
    if untouched and session.suggest_model(opened.source, name):
        st.rerun()
    looks = LOOKS_LIKE.format(answer.image_class.name, 100 * answer.probabilities[answer.index])
    if doubt.class_of(card, answer.card) != answer.index:
        st.caption(looks)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                USE.format(zoo.CARDS[name].title),
                key=f"use-{name}",
                on_click=session.choose_model,
                args=(name,),
            )
            _why(answer, looks, zoo.CARDS[name])
    elif session.is_suggested(opened.source):
        st.caption(CHOSEN.format(looks, card.title))
        _why(answer, looks, card)


def _why(answer: Classification, looks: str, card: ModelCard) -> None:
    if st.button("Why?", key=f"why-{card.name}", type="tertiary"):
        _explain(answer, looks, card)


@st.dialog("Why?")
def _explain(answer: Classification, looks: str, card: ModelCard) -> None:
    """Draw why: two sentences, what the model learned from, and generated images like those."""
    from core.evaluation.overview import overview_row
    from models import classifiers

    link = {"network": classifiers.MICROGRAPH_TYPE, "view": "label", "show": "cam"}
    st.markdown(
        f"{looks} A small network compared it with the images that each model was trained on, "
        "and it can be wrong for a material that it never met, so check the result by eye."
    )
    st.caption(f"{card.title} was trained on {overview_row(card, None).data}.")
    similar = [one for one in samples.offers() if one.model == card.name and one.synthetic]
    for place, offer in zip(st.columns(MOST_PICTURES), similar, strict=False):
        address = publish.thumbnail(images.sample(offer))
        place.markdown(f"![{offer.title}]({address})")
        place.caption(f"{offer.title}, synthetic")
    query = {**session.everywhere(), **link, "class": str(answer.index)}
    st.page_link(INSPECT, label="What in the image speaks for it", query_params=query)


def find_out(opened: Opened) -> None:
    """Find in the background what the image looks like, where that is not known yet, and draw the
    page again then. Call it last: the user waits for the rest of the page, and for a run."""
    shown = opened.micrograph
    if image_class.known(shown) is not None or not image_class.is_there():
        return
    if background.running(run.PLACE) is not None:
        # It would take half of two cores from the network; the end of the run draws the page again.
        return
    job, key = background.running(PLACE), image_class.key(shown)
    is_new = job is None or job.key != key
    if is_new:
        job = background.begin(
            PLACE,
            key,
            lambda _: image_class.classified(shown),
            lambda made: image_class.keep(shown, made),
        )
    # Where it failed, nothing is suggested; the job stays, so that it is not tried at every run.
    if is_new or not job.finished:
        background.wait_unseen(PLACE, POLL_SECONDS)
