"""Which object is selected, in the image or in the table."""

from __future__ import annotations

from pages.components.frame import session


def select(digest: str, number: int, from_table: bool = False) -> None:
    """Select an object by id, 0 for none; ``digest``: of the segmentation that it is in.

    The table is drawn anew unless it was asked there.
    """
    mine = session.memory()
    mine.selected = (digest, number) if number else None
    if not from_table:
        mine.table_begins_with = mine.selected
        mine.turn += 1


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
