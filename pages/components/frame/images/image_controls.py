"""What a user may know better than the file: which page of it, the pixel size, the info bars.

What follows a control is kept with its session for minutes after the tab is closed, so it knows the
image by its id alone.
"""

from __future__ import annotations

import streamlit as st

from core.errors import LamellaError
from core.formats.reading.typed import pixel_size_text, typed_pixel_size
from pages.components.frame import session
from pages.components.frame.images import images, scale_bar
from pages.components.frame.memory import Opened
from pages.components.frame.words import capital, literal

UNCALIBRATED = "Without a pixel size, all measurements are in pixels."
ENTERED = "Entered by you{}. In the file: {}."
MEASURED = "{}. In the file: {}."


def draw(opened: Opened) -> None:
    """Draw the controls of an image."""
    _page_choice(opened)
    _pixel_size_choice(opened)
    _pixel_size(opened)
    _info_bar(opened)


def _which(opened: Opened) -> str:
    """Return what a control's key needs, so that no number of another image is taken for typed.

    The browser holds the old number until it has heard of the new image.
    """
    return f"{opened.source}-{opened.as_read.page}"


def _page_choice(opened: Opened) -> None:
    if opened.as_read.pages < 2:
        return
    source = opened.source
    key = session.control(f"page-{_which(opened)}", opened.as_read.page + 1)

    def turn() -> None:
        forgotten = dict.fromkeys(("pixel_size", "info_bar_rows", "top_bar_rows"))
        images.change(source, page=session.value_of(key) - 1, **forgotten)

    st.number_input(
        f"Page (of {opened.as_read.pages})", 1, opened.as_read.pages, key=key, on_change=turn
    )


def _pixel_size_choice(opened: Opened) -> None:
    """Draw what the pixel may be where the file leaves it open."""
    choices = opened.as_read.pixel_size_choices
    if not choices:
        return
    now, source = opened.micrograph.pixel_size, opened.source
    key = session.control(f"pixel_size_choice-{_which(opened)}", now if now in choices else None)

    def choose() -> None:
        images.change(source, pixel_size=session.value_of(key))

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
    source = opened.source
    key = session.control(f"pixel_size-{_which(opened)}", pixel_size_text(now))
    refused = f"{key}-refused"

    def correct() -> None:
        try:
            typed = typed_pixel_size(session.value_of(key))
        except LamellaError as error:
            session.remember(refused, str(error))
            return
        session.remember(refused, "")
        images.change(source, pixel_size=typed or "px")

    st.text_input(
        "Pixel size",
        placeholder="such as 0.25 nm or 1.2 µm",
        key=key,
        on_change=correct,
        help="With its unit: nm, µm or Å; 10 x 16 nm where pixels are not square. A new size "
        "changes the numbers, not the segmentation.",
    )
    if session.value_of(refused):
        st.warning(literal(session.value_of(refused)))
    if now is None:
        st.caption(UNCALIBRATED)
    elif now == file_size or now in opened.as_read.pixel_size_choices:
        st.caption(literal(f"Source: {now.source}."))
    else:
        origin = f"{file_size.in_words} ({file_size.source})" if file_size else "none"
        oblong = file_size is not None and not file_size.is_square and now.is_square
        if now.error_percent is not None:
            st.caption(literal(capital(MEASURED.format(now.source, origin))))
        else:
            st.caption(literal(ENTERED.format(", for square pixels" if oblong else "", origin)))
    scale_bar.draw(opened)


def _info_bar(opened: Opened) -> None:
    shown = opened.micrograph
    bottom, top = st.columns(2, gap="small")
    with bottom:
        _bar_rows(opened, "info_bar_rows", "bottom", shown.info_bar_rows, shown.top_bar_rows)
    with top:
        _bar_rows(opened, "top_bar_rows", "top", shown.top_bar_rows, shown.info_bar_rows)


def _bar_rows(opened: Opened, change: str, place: str, rows: int, others: int) -> None:
    """Draw how many rows are not image at one place; ``others``: those at the other place."""
    source = opened.source
    key = session.control(f"{change}-{_which(opened)}", rows)

    def correct() -> None:
        images.change(source, **{change: int(session.value_of(key))})

    st.number_input(
        f"Info bar, {place}",
        0,
        max(rows, opened.micrograph.shape[0] - others - 16),
        key=key,
        on_change=correct,
        help=f"Rows at the {place} that hold the data bar, not image. They are excluded; a dashed "
        "line marks them.",
    )
