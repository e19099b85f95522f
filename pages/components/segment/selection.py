"""Which object is selected, in the image or in the table; the link has its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.components.correct.link import RESULT
from pages.components.frame import session
from pages.components.frame.page_link import PageLink

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis

LINK = PageLink("segment", ("object", RESULT))


def follow_link(analysis: Analysis | None) -> None:
    """Select the object that the link asks for, if any; of other objects than those it was selected
    among, its number says nothing."""
    mine = session.memory()
    if analysis is None or _is_of_others(analysis.objects_digest):
        mine.selected = None
        LINK.change(object=None)
        return
    last = int(analysis.table["id"].max()) if len(analysis.table) else 0
    asked = LINK.whole_within("object", 1, last, 0) if last else 0
    if asked != selected(analysis.objects_digest):
        _take(analysis.objects_digest, asked)


def select(digest: str, number: int, from_table: bool = False) -> None:
    """Select an object by id, 0 for none; ``digest``: of the segmentation that it is in.

    The table is drawn anew unless it was asked there.
    """
    LINK.change(object=number or None)
    _take(digest, number, from_table)


def selected(digest: str) -> int:
    """Return the id of the selected object, 0 when none of this segmentation is selected."""
    chosen = session.memory().selected
    return chosen[1] if chosen and chosen[0] == digest else 0


def table_begins_with(digest: str) -> int:
    """Return the id of the object that was selected outside the table last, 0 for none."""
    first = session.memory().table_begins_with
    return first[1] if first and first[0] == digest else 0


def table_turn() -> int:
    """Return a number that changes whenever the table must take its selection from outside."""
    return session.memory().turn


def _take(digest: str, number: int, from_table: bool = False) -> None:
    mine = session.memory()
    mine.selected = (digest, number) if number else None
    if not from_table:
        mine.table_begins_with = mine.selected
        mine.turn += 1


def _is_of_others(digest: str) -> bool:
    chosen = session.memory().selected
    return chosen is not None and chosen[0] != digest
