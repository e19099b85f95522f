"""The column of controls that every page shares: which image, which model."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from core.errors import LamellaError
from core.formats.reading.typed import pixel_size_text, typed_pixel_size
from core.segmentation.settings import ObjectSettings
from core.types import ModelCard
from pages.components.frame import images, keeping, model_list, samples, session
from pages.components.frame.memory import Opened
from pages.components.frame.words import literal

PHASES, UNCERTAINTY = "Phases", "Uncertainty"
UNCALIBRATED = "Without a pixel size, all measurements are in pixels."
ENTERED = "Entered by you{}. In the file: {}."
UNTRAINED = "This network is untrained: its output is random."


def choose_micrograph() -> Opened | None:
    """Draw the image's controls in the sidebar; None while no image is chosen or readable."""
    mine = session.memory()
    if mine.source is None:
        for notice in filter(None, (mine.notice, mine.model_notice)):
            st.warning(notice)
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
        _page_choice(opened)
        _pixel_size_choice(opened)
        _pixel_size(opened)
        _info_bar(opened)
        for note in opened.as_read.notes:
            st.caption(literal(note))
        for reason in session.memory().refused:
            st.warning(literal(reason))
        if why := keeping.trouble(mine):
            st.warning(why)
    return opened


def choose_model() -> ModelCard:
    """Draw the choice of the model in the sidebar, with what it was trained for."""
    from models import zoo

    card = session.model()
    with st.sidebar:
        st.subheader("Model")
        key = session.control(f"model_choice-{card.name}", card.name)
        st.selectbox(
            "Model",
            [one.name for cards in model_list.groups().values() for one in cards],
            format_func=lambda name: zoo.CARDS[name].title,
            key=key,
            on_change=lambda: session.choose_model(session.value_of(key)),
            label_visibility="collapsed",
        )
        model_list.draw()
        if session.memory().model_notice:
            st.warning(session.memory().model_notice)
        st.caption(card.purpose)
        if card.untrained:
            st.warning(UNTRAINED)
    return card


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
    if mine.settings_of != mine.source:
        mine.settings_of = mine.source
        known = mine.settings.get(mine.source or "")
        if known is not None or session.value_of("split") is None:
            for name, value in asdict(known or defaults).items():
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
    chosen = ObjectSettings(split, int(minimum), fill, keep, least)
    keeping.save_settings(mine, mine.source or "", chosen)
    return chosen


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


def _which(opened: Opened) -> str:
    """Return what a control's key needs, so that no number of another image is taken for typed.

    The browser holds the old number until it has heard of the new image.
    """
    return f"{opened.source}-{opened.as_read.page}"


def _page_choice(opened: Opened) -> None:
    if opened.as_read.pages < 2:
        return
    key = session.control(f"page-{_which(opened)}", opened.as_read.page + 1)

    def turn() -> None:
        forgotten = dict.fromkeys(("pixel_size", "info_bar_rows", "top_bar_rows"))
        images.change(opened.source, page=session.value_of(key) - 1, **forgotten)

    st.number_input(
        f"Page (of {opened.as_read.pages})", 1, opened.as_read.pages, key=key, on_change=turn
    )


def _pixel_size_choice(opened: Opened) -> None:
    """Draw what the pixel may be where the file leaves it open."""
    choices = opened.as_read.pixel_size_choices
    if not choices:
        return
    now = opened.micrograph.pixel_size
    key = session.control(f"pixel_size_choice-{_which(opened)}", now if now in choices else None)

    def choose() -> None:
        images.change(opened.source, pixel_size=session.value_of(key))

    st.radio(
        "The file leaves the pixel size open",
        choices,
        index=None,
        format_func=lambda size: f"{size.in_words} ({size.source})",
        key=key,
        on_change=choose,
    )


def _pixel_size(opened: Opened) -> None:
    now, file_size = opened.micrograph.pixel_size, opened.as_read.pixel_size
    key = session.control(f"pixel_size-{_which(opened)}", pixel_size_text(now))
    refused = f"{key}-refused"

    def correct() -> None:
        try:
            typed = typed_pixel_size(session.value_of(key))
        except LamellaError as error:
            session.remember(refused, str(error))
            return
        session.remember(refused, "")
        images.change(opened.source, pixel_size=typed or "px")

    st.text_input(
        "Pixel size",
        placeholder="such as 0.25 nm or 1.2 µm",
        key=key,
        on_change=correct,
        help="With its unit: nm, µm or Å; 10 x 16 nm where pixels are not square. A new size "
        "changes the numbers, not the segmentation.",
    )
    if session.value_of(refused):
        st.warning(session.value_of(refused))
    if now is None:
        st.caption(UNCALIBRATED)
    elif now == file_size or now in opened.as_read.pixel_size_choices:
        st.caption(f"Source: {now.source}.")
    else:
        origin = f"{file_size.in_words} ({file_size.source})" if file_size else "none"
        oblong = file_size is not None and not file_size.is_square and now.is_square
        st.caption(ENTERED.format(", for square pixels" if oblong else "", origin))


def _info_bar(opened: Opened) -> None:
    shown = opened.micrograph
    bottom, top = st.columns(2, gap="small")
    with bottom:
        _bar_rows(opened, "info_bar_rows", "bottom", shown.info_bar_rows, shown.top_bar_rows)
    with top:
        _bar_rows(opened, "top_bar_rows", "top", shown.top_bar_rows, shown.info_bar_rows)


def _bar_rows(opened: Opened, change: str, place: str, rows: int, others: int) -> None:
    """Draw how many rows are not image at one place; ``others``: those at the other place."""
    key = session.control(f"{change}-{_which(opened)}", rows)

    def correct() -> None:
        images.change(opened.source, **{change: int(session.value_of(key))})

    st.number_input(
        f"Info bar, {place}",
        0,
        max(rows, opened.micrograph.shape[0] - others - 16),
        key=key,
        on_change=correct,
        help=f"Rows at the {place} that hold the data bar, not image. They are excluded; a dashed "
        "line marks them.",
    )
