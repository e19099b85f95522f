"""What can be done with images of the library: tick, open, delete."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.workspace import micrographs
from core.workspace.results import results
from pages.components.correct.link import CORRECT, RESULT
from pages.components.frame import session, stores
from pages.components.frame.serving.image_store import image_store
from pages.components.frame.words import literal
from pages.components.library.link import LINK

if TYPE_CHECKING:
    from core.workspace.micrographs import Kept
    from core.workspace.results.stored import Stored
    from core.workspace.workspace import Workspace

TICKED, TROUBLE = "library-ticked", "library-trouble"
SEGMENT = Path(__file__).resolve().parents[2] / "segment.py"
SURE = "{} will be deleted with all results, corrections and annotations. This cannot be undone."


def ticked() -> set[str]:
    """Return the ids of the images that were ticked, also on other pages of the list."""
    return set(session.value_of(TICKED) or ())


def tick(kept: Kept) -> None:
    """Draw the box that ticks an image."""
    key = session.control(f"tick-{kept.id}", kept.id in ticked())

    def turn() -> None:
        session.remember(TICKED, ticked() ^ {kept.id})

    st.checkbox(
        f"Select {literal(kept.title)}", key=key, on_change=turn, label_visibility="collapsed"
    )


def tick_all_button(shown: Collection[Kept]) -> None:
    """Draw a button that ticks a page of images."""
    ids = {one.id for one in shown}
    st.button(
        "Select all here",
        key="library-tick-all",
        type="tertiary",
        on_click=lambda: session.remember(TICKED, ids),
    )


def untick() -> None:
    """Tick nothing any more."""
    session.remember(TICKED, set())


def open_image(kept: Kept) -> None:
    """Go to the page Segment with an image."""
    session.choose_kept(kept)
    st.switch_page(SEGMENT, query_params=session.everywhere())


def open_result(kept: Kept, result: Stored) -> None:
    """Go to the page Segment with an image and the model of a result, or with the result itself
    where its model was removed; to the page Correct with one that was drawn by hand."""
    if result.model in session.models():
        session.choose_kept(kept, result.model)
        st.switch_page(SEGMENT, query_params=session.everywhere())
    # The analysis and what it needs take a second to import.
    from core.correction.blank import BLANK

    session.choose_kept(kept)
    page = CORRECT if result.model == BLANK else SEGMENT
    st.switch_page(page, query_params={**session.everywhere(), RESULT: result.id})


def delete_button(workspace: Workspace, ids: Collection[str], title: str = "") -> None:
    """Draw a button that deletes images once that was confirmed."""
    what = literal(title) or ("1 image" if len(ids) == 1 else f"{len(ids):,} images")

    def delete() -> None:
        try:
            for one in ids:
                _delete(workspace, one)
                session.remember(TICKED, ticked() - {one})
        except LamellaError as error:
            session.remember(TROUBLE, str(error))
        else:
            LINK.change(item=None, left=None, right=None)

    with st.popover("Delete", icon=":material/delete:"):
        st.markdown(SURE.format(f"**{what}**"))
        st.button("Delete", key="library-delete", type="primary", on_click=delete)


def delete_result(workspace: Workspace, stored: Stored) -> None:
    """Delete a result; its image stays."""
    try:
        results.delete(workspace, session.owner(), [stored.id])
    except LamellaError as error:
        session.remember(TROUBLE, str(error))
    else:
        session.forget_result(stored.id)
        LINK.change(left=None, right=None)


def say_trouble() -> None:
    """Say once why something could not be deleted."""
    if why := session.value_of(TROUBLE):
        st.error(literal(why))
        session.remember(TROUBLE, "")


def _delete(workspace: Workspace, micrograph: str) -> None:
    owner = session.owner()
    kept = micrographs.find(workspace, owner, micrograph)
    if kept is None:
        return
    micrographs.delete(workspace, owner, [micrograph])
    session.forget(kept.source)
    stores.forget_image(owner, kept.source)
    image_store().forget(owner)
