"""The link of a page of the lecture: what it asks for and cannot have, and the point clicked."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TypeVarTuple

import streamlit as st

from core.image_size import width_x_height
from pages.components.frame import session
from pages.components.frame.words import literal

PLACE, SHOWN = "learn_link", "learn_link_shown"
Drawn = TypeVarTuple("Drawn")


def read() -> None:
    """Note what the link asks for, and keep a place for what to say about it."""
    session.remember(PLACE, (st.query_params.to_dict(), st.empty()))


def part(draw: Callable[[*Drawn], None]) -> Callable[[*Drawn], None]:
    """Return ``draw`` as a fragment, after whose own runs too only what still holds is said."""

    @wraps(draw)
    def drawn(*given: *Drawn) -> None:
        draw(*given)
        _say()

    return st.fragment(drawn)


def say_what_was_refused() -> None:
    """Say in one sentence what the link asks for that the controls of the page do not offer.

    A control that reads the link takes out what it cannot show, or puts its nearest value there.
    It is said until the user moves that control or leaves the page.
    """
    asked, _ = session.value_of(PLACE)
    refusals, instead = session.memory().link_refusals, session.value_of(SHOWN) or {}
    for name, text in asked.items():
        shown = session.value_of(name)
        is_changed = shown is not None and st.query_params.get(name) != text
        if is_changed and not _is_same(text, shown):
            words = ("off", "on")[shown] if isinstance(shown, bool) else shown
            said = f"The link asks for {name}={text}, which is not on offer; shown: {words}."
            refusals[said], instead[name] = (name,), shown
    session.remember(SHOWN, instead)
    _say()


def _say() -> None:
    _, place = session.value_of(PLACE)
    refusals, instead = session.memory().link_refusals, session.value_of(SHOWN) or {}
    for said, (name,) in tuple(refusals.items()):
        if session.value_of(name) != instead[name]:
            del refusals[said]
    with place.container():
        for said in refusals:
            st.warning(literal(said))


def _is_same(text: str, shown: object) -> bool:
    if isinstance(shown, bool):
        return text.casefold() == str(shown).casefold()
    if isinstance(shown, (int, float)):
        try:
            return float(text) == shown
        except ValueError:
            return False
    return text == str(shown)


def point(name: str, shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (row, column) that the link holds, the middle where it holds none of ``shape``."""
    height, width = shape
    text = st.query_params.get(name)
    if text is None:
        return height // 2, width // 2
    parts = text.split(",")
    if len(parts) == 2 and all(part.isdecimal() and len(part) < 8 for part in parts):
        row, column = (int(part) for part in parts)
        if row < height and column < width:
            return row, column
    st.warning(
        f"The link asks for {name}={literal(text)}, which is no row and column of "
        f"{width_x_height(shape)} px; shown: the middle."
    )
    return height // 2, width // 2


def keep_point(name: str, row: int, column: int) -> None:
    """Write a (row, column) into the link."""
    st.query_params[name] = f"{row},{column}"


def shift(name: str, shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (rows, columns) that the link holds to move an image of ``shape`` by.

    0, 0 where it holds none of at most half the image.
    """
    text = st.query_params.get(name)
    if text is None:
        return 0, 0
    found = re.fullmatch(r"(-?\d{1,7}),(-?\d{1,7})", text)
    if found:
        rows, columns = int(found[1]), int(found[2])
        if 2 * abs(rows) <= shape[0] and 2 * abs(columns) <= shape[1]:
            return rows, columns
    st.warning(
        f"The link asks for {name}={literal(text)}, which are no rows and columns to move "
        f"{width_x_height(shape)} px by, half of it at most; shown: at rest."
    )
    return 0, 0
