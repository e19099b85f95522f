"""Images out of the library and into it, as one zip that is never whole in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from core.bounded_store import BoundedStore
from core.errors import LamellaError
from core.workspace.archive import archive
from core.workspace.lab import lab_models
from pages.components.frame import session
from pages.components.frame.serving import downloads
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

_Chosen: TypeAlias = tuple[str, frozenset[str] | None]
"""Whose images, and which of them."""

MOST_TOLD = 5
NO_MODELS = (
    "Images, corrections and results are in the zip; models that you trained or imported, and "
    "trainings, are not. A model goes out, and in again, with its card on the page Models."
)
HINT = (
    "A zip that was exported here or elsewhere: images, changes, annotations and results. What you "
    "have already stays as it is. For one above the limit of uploads there is, on the server, "
    "`lamella library import FILE --owner {}`."
)


def export_button(workspace: Workspace, label: str, ids: Collection[str] | None) -> None:
    """Draw a button that downloads these images as a zip; None: all of the owner's."""
    owner, chosen = session.owner(), None if ids is None else frozenset(ids)
    downloads.button(
        label,
        ("library", chosen),
        "library.zip",
        lambda: _pieces(workspace, owner, chosen),
        icon=":material/download:",
    )
    if chosen is None and any(one.owner == owner for one in lab_models.listed(workspace, owner)):
        st.caption(NO_MODELS)
    told = _left_out().get((owner, chosen)) or ()
    if told:
        st.warning(f"Of the last download: {literal(' '.join(told[:MOST_TOLD]))}")


@cache
def _left_out() -> BoundedStore[_Chosen, tuple[str, ...]]:
    return BoundedStore(10_000)


def _pieces(workspace: Workspace, owner: str, chosen: frozenset[str] | None) -> Iterator[bytes]:
    """Yield the zip, and keep what is not in it for the next run of the page."""
    told: list[str] = []
    yield from archive.export(workspace, owner, chosen, lambda one: told.append(one.sentence))
    _left_out().put((owner, chosen), tuple(told), 1)


def uploader(workspace: Workspace) -> None:
    """Draw the uploader of a zip; its images are added to the library."""
    turn = session.value_of("library-imports") or 0
    key = f"library-import-{turn}"

    def take() -> None:
        file = session.value_of(key)
        if file is None:
            return
        session.remember("library-imports", turn + 1)
        try:
            found = archive.load(workspace, session.owner(), file)
        except LamellaError as error:
            session.remember("library-imported", (False, str(error)))
        else:
            images = "1 image is" if len(found) == 1 else f"{len(found):,} images are"
            session.remember("library-imported", (True, f"{images} in your library now."))

    st.file_uploader("Import a library (ZIP)", type=["zip"], key=key, on_change=take)
    st.caption(HINT.format(session.owner()))


def say_imported() -> None:
    """Say once what the last import brought, or why it brought nothing."""
    told = session.value_of("library-imported")
    if told:
        is_good, sentence = told
        (st.success if is_good else st.error)(literal(sentence))
        session.remember("library-imported", None)
