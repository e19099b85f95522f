"""One image of the library: what is known of it, its results, two of them side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.workspace import micrographs
from core.workspace.results import results
from pages.components.frame import session
from pages.components.frame.words import day, literal, moment, size
from pages.components.library import actions, compare, thumbnails, transfer
from pages.components.library.link import LINK

if TYPE_CHECKING:
    from core.workspace.micrographs import Kept
    from core.workspace.results.stored import Stored
    from core.workspace.workspace import Workspace

NOT_THERE = "That image is not in your library: it was deleted, or it belongs to somebody else."
NO_RESULTS = "Not segmented yet. Open it and press Segment; each result is kept here."
LONGEST_TITLE, LONGEST_NOTES = 200, 4000


def chosen(workspace: Workspace) -> Kept | None:
    """Return the image that the link names; None, with a sentence where it is not the owner's."""
    asked = st.query_params.get("item")
    if asked is None:
        return None
    found = micrographs.find(workspace, session.owner(), asked)
    if found is None:
        LINK.refuse(NOT_THERE, "item", "left", "right")
    return found


def draw(workspace: Workspace, kept: Kept) -> None:
    """Draw the details of an image, and its results."""
    st.button(
        "All images",
        key="library-back",
        icon=":material/arrow_back:",
        on_click=lambda: LINK.change(item=None, left=None, right=None),
    )
    found = results.listed(workspace, session.owner(), kept.id)
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=300, gap="small", key="library-picture"):
            st.markdown(f"![{literal(kept.title)}]({thumbnails.address(workspace, kept)})")
            _buttons(workspace, kept)
        with st.container(width=560):
            _form(workspace, kept)
    st.subheader("Results")
    if not found:
        st.caption(NO_RESULTS)
        return
    for stored in found:
        _result(workspace, kept, stored)
    if len(found) > 1:
        compare.draw(workspace, kept, found)


def _buttons(workspace: Workspace, kept: Kept) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("Open", key=f"open-{kept.id}", type="primary"):
            actions.open_image(kept)
        transfer.export_button(workspace, "Export", [kept.id])
        actions.delete_button(workspace, [kept.id], kept.title)
    kind = "A sample" if kept.blob is None else f"{literal(kept.name)}, {size(kept.bytes)}"
    st.caption(f"{kind}. Added {moment(kept.created)}, used {moment(kept.used)}.")


def _form(workspace: Workspace, kept: Kept) -> None:
    refused = f"refused-{kept.id}"

    def save() -> None:
        tags = str(session.value_of(f"tags-{kept.id}")).split(",")
        title = str(session.value_of(f"title-{kept.id}")).strip() or kept.name
        try:
            micrographs.change(
                workspace,
                session.owner(),
                kept.id,
                title=title,
                tags=tags,
                notes=str(session.value_of(f"notes-{kept.id}")),
            )
        except LamellaError as error:
            session.remember(refused, str(error))
        else:
            session.remember(refused, "")
            session.retitle(kept.source, title)

    for name, value in (
        ("title", kept.title),
        ("tags", ", ".join(kept.tags)),
        ("notes", kept.notes),
    ):
        session.control(f"{name}-{kept.id}", value)
    st.text_input("Name", key=f"title-{kept.id}", max_chars=LONGEST_TITLE, on_change=save)
    st.text_input(
        "Tags",
        key=f"tags-{kept.id}",
        placeholder="such as steel, as cast",
        on_change=save,
        help="Separated by commas.",
    )
    st.text_area(
        "Notes", key=f"notes-{kept.id}", height=110, max_chars=LONGEST_NOTES, on_change=save
    )
    if session.value_of(refused):
        st.warning(literal(session.value_of(refused)))


def _result(workspace: Workspace, kept: Kept, stored: Stored) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{literal(stored.title)}**", width=260)
        by_hand = f" · {stored.by_hand}" if stored.by_hand else ""
        st.caption(f"{moment(stored.created)} · {size(stored.bytes)}{by_hand}", width="stretch")
        if st.button("Open", key=f"open-result-{stored.id}"):
            actions.open_result(kept, stored)
        with st.popover("Delete", icon=":material/delete:"):
            corrections = " with its corrections" if stored.by_hand else ""
            st.markdown(
                f"The result of **{literal(stored.title)}** from {day(stored.created)} will be "
                f"deleted{corrections}. This cannot be undone."
            )
            st.button(
                "Delete",
                key=f"delete-result-{stored.id}",
                type="primary",
                on_click=actions.delete_result,
                args=(workspace, stored),
            )
