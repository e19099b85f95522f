"""The image with its tools, and the numbers that follow what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.correct import clicks, opening, route
from pages.components.correct.choices import Chosen
from pages.components.correct.link import LINK, PLACE, place_in
from pages.components.correct.route import Grant
from pages.components.frame import screen, session
from pages.components.frame.memory import Opened
from pages.components.frame.serving import publish
from pages.components.frame.words import capital
from pages.components.segment import objects, selection
from pages.components.train.link import train_link
from pages.components.viewer.corrector import CorrectionAddress, Go, corrector

if TYPE_CHECKING:
    import pandas as pd

    from core.by_hand import ByHand
    from core.types.segmentation import Phase
    from core.workspace.workspace import Workspace

KEY, GO = "corrector", "correct-go"
SELECT = (
    "Click an object, or a row of the table, to see its measurements; Enter confirms it and goes "
    "to the next."
)
MARKED = (
    "Marked: rows {top} to {bottom}, columns {left} to {right}. Correct what is wrong in it, then "
    "confirm it: Area (R), and drag a box over it."
)
NOTHING_YET = "Nothing was corrected yet."
SHARES = "Share of the area: {}."


@st.fragment
def draw(workspace: Workspace, opened: Opened, chosen: Chosen) -> None:
    """Draw the image and its numbers; runs anew by itself after something was saved."""
    owner, micrograph = session.owner(), opened.micrograph
    place = place_in(micrograph.shape)
    if place is not None:
        _place(place)
    address = route.address(Grant(owner, chosen.result, chosen.objects_phase))
    corrector(
        publish.micrograph(micrograph),
        CorrectionAddress(address, chosen.result),
        key=KEY,
        clicks=clicks.address(micrograph),
        bar_rows=micrograph.bar_rows,
        go=_go(chosen.result),
        place=place,
        on_select=lambda number: _follow(chosen.result, number),
    )
    correction = opening.opened(workspace, owner, chosen.result)
    correction.catch_up()
    table = correction.table(micrograph)
    _sentence(table, chosen, correction.counts, correction.is_changed)
    _numbers(correction.phases(micrograph), table, chosen)


def _place(place: tuple[int, int, int, int]) -> None:
    top, left, bottom, right = place
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(MARKED.format(top=top, bottom=bottom, left=left, right=right))
        st.button("Remove the mark", on_click=lambda: LINK.change(**{PLACE: None}))


def _go(result: str) -> Go | None:
    """Return the object that was selected in the table last."""
    asked = session.value_of(GO)
    return Go(asked[1], asked[2]) if asked and asked[0] == result else None


def _go_to(result: str, number: int) -> None:
    turn = (session.value_of(GO) or (result, 0, 0))[2]
    session.remember(GO, (result, number, turn + 1))


def _follow(result: str, number: int) -> None:
    """Select in the table what was selected in the image."""
    if number != selection.selected(result):
        selection.select(result, number)


def _sentence(table: pd.DataFrame, chosen: Chosen, counts: ByHand, is_changed: bool) -> None:
    name = objects.object_name_of(chosen.card)
    found = objects.numbers(table, selection.selected(chosen.result), name)
    if chosen.objects_phase is not None:
        st.caption(found or SELECT)
    # Of a model without objects there is nothing to count before the first step.
    is_new = not counts.objects and not is_changed
    if is_new:
        st.markdown(NOTHING_YET)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{capital(str(counts))}.", width="content")
        if is_changed:
            train_link()


def _numbers(fractions: pd.DataFrame, table: pd.DataFrame, chosen: Chosen) -> None:
    shares = zip(fractions["phase"], fractions["area_fraction"], strict=True)
    st.markdown(SHARES.format(", ".join(f"{name} {100 * share:.1f} %" for name, share in shares)))
    if chosen.objects_phase is None or table.empty:
        return
    chart, rows = screen.parts(screen.HALF, screen.HALF)
    with chart:
        _histogram(table, chosen.card.phases[chosen.objects_phase])
    with rows:
        st.subheader("Objects")
        objects.rows(table, chosen.result, lambda number: _go_to(chosen.result, number))


def _histogram(table: pd.DataFrame, phase: Phase) -> None:
    from core.figures.size_histogram import size_histogram

    st.subheader("Size distribution")
    st.plotly_chart(
        size_histogram(table, phase=phase),
        height=objects.HEIGHT,
        key="correct-histogram",
        config={"displayModeBar": False},
        alt="Histogram of equivalent circular diameters",
    )
