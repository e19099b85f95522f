"""The column of controls that every page shares: which image, which model."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.segmentation.grains.second_phase import second_phases
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from pages.components.frame import keeping, lab, model_list, screen, session
from pages.components.frame.images import image_controls, images, samples
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

PHASES, UNCERTAINTY = "Phases", "Uncertainty"
UNTRAINED = "This network is untrained: its output is random."


def choose_micrograph() -> Opened | None:
    """Draw the image's controls in the sidebar; None while no image is chosen or readable."""
    if screen.presenting():
        _stand_in()
    mine = session.memory()
    if mine.source is None:
        for notice in filter(None, (mine.notice, mine.model_notice)):
            st.warning(literal(notice))
        return None
    with st.sidebar:
        st.subheader("Image")
        _image_list()
        _more_images()
        try:
            opened = images.opened()
        except LamellaError as error:
            st.error(literal(str(error)))
            return None
        image_controls.draw(opened)
        for note in opened.as_read.notes:
            st.caption(literal(note))
        for reason in session.memory().refused:
            st.warning(literal(reason))
        if why := keeping.trouble(mine):
            st.warning(literal(why))
    return opened


def _stand_in() -> None:
    """Open a sample in the place of an image that cannot be read, and say so: a class looks on."""
    session.begin_with_a_sample(run=True)
    try:
        images.opened()
    except LamellaError as error:
        st.caption(literal(f"{error} Shown: a sample."))
        session.choose(f"sample:{samples.offers()[0].name}", run=True)


def choose_model() -> ModelCard:
    """Draw the choice of the model in the sidebar; :func:`about_model` says what it is for."""
    card = session.model()
    titles = {one.name: one.title for cards in model_list.groups().values() for one in cards}
    with st.sidebar:
        st.subheader("Model")
        key = session.control(f"model_choice-{card.name}", card.name)
        st.selectbox(
            "Model",
            list(titles),
            format_func=titles.__getitem__,
            key=key,
            on_change=lambda: session.choose_model(session.value_of(key)),
            label_visibility="collapsed",
        )
        if session.memory().model_notice:
            st.warning(literal(session.memory().model_notice))
    return card


def about_model(card: ModelCard) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw in the sidebar what a model was trained for, and what all others are for.

    Return the places above it, in sight without scrolling on a small screen, and below it.
    """
    with st.sidebar:
        above = st.container()
        st.caption(lab.text(card, card.purpose))
        if card.untrained:
            st.warning(UNTRAINED)
        model_list.draw()
        return above, st.container()


def view(card: ModelCard) -> str:
    """Draw the choice of what lies over the micrograph: :data:`PHASES` or :data:`UNCERTAINTY`.

    A threshold knows no probabilities, so it has no uncertainty to show.
    """
    if not card.has_probabilities:
        return PHASES
    st.subheader("View")
    chosen = st.segmented_control(
        "View",
        [PHASES, UNCERTAINTY],
        default=PHASES,
        required=True,
        key="segment_view",
        persist_state="session",
        label_visibility="collapsed",
        width="stretch",
    )
    return str(chosen)


def object_settings(card: ModelCard) -> ObjectSettings:
    """Draw how regions become objects; the defaults where the model counts none."""
    defaults = ObjectSettings()
    if card.objects_phase is None:
        return defaults
    mine = session.memory()
    # On a page without an image both are None from the beginning.
    if mine.settings_of != mine.source or session.value_of("split") is None:
        mine.settings_of = mine.source
        known = mine.settings.get(mine.source or "")
        if known is not None or session.value_of("split") is None:
            for name, value in asdict(known or defaults).items():
                session.control(name, value)
    if mine.settings_page != mine.page:
        # What was set above, and never came back from the browser, is lost with the page.
        mine.settings_page = mine.page
        for name in asdict(defaults):
            if (value := session.value_of(name)) is not None:
                session.control(name, value)
    with st.sidebar, st.expander("Objects"):
        split = st.slider(
            "Split touching objects",
            0.0,
            1.0,
            step=0.05,
            key="split",
            persist_state="session",
            help="0 keeps touching objects together; 1 splits them at the slightest constriction.",
        )
        minimum = st.number_input(
            "Minimum area (px²)",
            1,
            1_000_000,
            key="minimum_area_px",
            persist_state="session",
        )
        fill = st.checkbox("Fill holes", key="fill_holes", persist_state="session")
        keep = st.checkbox(
            "Count objects in burnt-in text",
            key="keep_annotations",
            persist_state="session",
            help="Letters and scale bars that were drawn into the image are found, and what a "
            "model sees in them is left out of number, sizes and table.",
        )
        least = _least_confidence(card, defaults.minimum_confidence)
        at_edge = st.checkbox(
            "Outlines at the grey edge",
            key="at_grey_edge",
            persist_state="session",
            help="Moves each outline to where the grey level lies midway between object and "
            "surroundings, by 5 px at most. Networks draw theirs as people trace, often 1 to 2 px "
            "outside. Spheres in transmission, which fade toward their edge, come out too narrow.",
        )
        second = _second_phase(card)
    chosen = ObjectSettings(split, int(minimum), fill, keep, least, at_edge, second)
    keeping.save_settings(mine, mine.source or "", chosen)
    return chosen


def _second_phase(card: ModelCard) -> bool:
    if not second_phases(card):
        return False
    return st.checkbox(
        "Second phase in the grain network",
        key="keep_second_phase",
        persist_state="session",
        help="Off: grain size and intercepts are of the grains alone, and boundaries go on through "
        "particles that sit on them. On: each particle is a region of its own, whose outline "
        "counts.",
    )


def _least_confidence(card: ModelCard, usual: float) -> float:
    if card.object_confidence is None:
        return usual
    key = "minimum_confidence"
    if session.value_of(key) is None:
        session.control(key, usual)
    told = (
        "How likely an object is one that a person would have traced. Those below are left out of "
        "number, sizes and table, and hatched in the image; 0 counts all."
    )
    return st.slider(
        "Least confidence", 0.0, 1.0, step=0.05, key=key, persist_state="session", help=told
    )


def uploader(key: str) -> None:
    """Draw the uploader; what comes in is kept, chosen, and taken out of the uploader again.

    It takes files of any name: what is no image is refused by what it holds, with the reason.
    """
    mine = session.memory()
    widget = f"{key}-{mine.turn}"

    def take() -> None:
        files = session.value_of(widget) or []
        images.add((file.name, file.getvalue()) for file in files)

    st.file_uploader(
        "Your own micrographs",
        accept_multiple_files=True,
        key=widget,
        on_change=take,
        label_visibility="collapsed",
    )


def _image_list() -> None:
    titles = {f"sample:{offer.name}": offer.title for offer in samples.offers()}
    mine = session.memory()
    keeping.recent(mine)
    titles = {**mine.uploads, **titles}
    titles.setdefault(mine.source, mine.source.partition(":")[2])
    key = session.control(f"image_choice-{mine.source}", mine.source)
    st.selectbox(
        "Image",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        on_change=lambda: _choose_from_list(session.value_of(key)),
        label_visibility="collapsed",
    )


def _choose_from_list(source: str) -> None:
    session.choose(source, run=source.startswith("sample:"))


def _more_images() -> None:
    with st.popover("Open another image", icon=":material/upload:", width="stretch"):
        uploader("sidebar-upload")
        st.button("Back to the samples", on_click=session.choose, args=(None,), width="stretch")
