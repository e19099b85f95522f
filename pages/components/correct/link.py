"""The part of the link that is the page *Correct*'s own, and the way to it from other pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.frame import session
from pages.components.frame.page_link import PageLink

RESULT = "result"
"""The parameter that names a result of the library."""
PLACE = "place"
"""The parameter that names a box of an image: "top,left,bottom,right" in px, and "@" with the
image's id behind it."""
LINK = PageLink("correct", ("begin", RESULT, PLACE))
MODEL, BLANK = "model", "blank"
"""What a correction begins with."""
NO_PLACE = (
    "The link marks a place that is not in this image; it must be four whole numbers, such as "
    "place=0,0,256,256: the first row and column, and those behind the last."
)
CORRECT = Path(__file__).resolve().parents[2] / "correct.py"


def place_in(shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return the box that the link names, (top, left, bottom, right) within an image of ``shape``;
    None where it names none, and a sentence where it is no box of this image. It goes when the user
    chooses another image than the one that it names."""
    asked = st.query_params.get(PLACE)
    if asked is None:
        return None
    mine = session.memory()
    box, _, image = asked.partition("@")
    if image and image != mine.ids.get(mine.source or ""):
        LINK.change(**{PLACE: None})
        return None
    try:
        top, left, bottom, right = (int(one) for one in box.split(","))
    except ValueError:
        top, left, bottom, right = 0, 0, 0, 0
    if 0 <= top < bottom <= shape[0] and 0 <= left < right <= shape[1]:
        return top, left, bottom, right
    LINK.refuse(NO_PLACE, PLACE)
    return None


def correct_link(result: str = "") -> None:
    """Draw the link that leads from a result to its correction; ``result``: its id, where it is not
    the one of the chosen model."""
    named = {RESULT: result} if result else {}
    st.page_link(
        CORRECT,
        label="Correct by hand",
        icon=":material/edit:",
        query_params={**session.everywhere(), **named},
    )
