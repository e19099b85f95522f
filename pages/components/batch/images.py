"""The images of a new batch: dropped files, a zip, or what the library has already."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from core.formats.reading.zip_members import zip_members
from core.jobs import batch as jobs
from core.workspace import micrographs
from core.workspace.micrographs import Filter
from pages.components.frame import session
from pages.components.frame.images import uploads
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.workspace.micrographs import Kept
    from core.workspace.workspace import Workspace

CHOSEN, REFUSED, TURN = "batch_images", "batch_refused", "batch_turn"
DROP = "Micrographs, or a zip of them"
FAILED = "Left out unless you pick it: {} that could not be measured the last time."
MOST_TOLD = 5
AT_ONCE = 20
"""Files that are kept before anything of it could be read."""


def chosen(workspace: Workspace) -> tuple[Kept, ...]:
    """Return the images of the batch to come, in the order in which they were added."""
    ids = session.value_of(CHOSEN) or ()
    found = (micrographs.find(workspace, session.owner(), one) for one in ids)
    return tuple(one for one in found if one is not None)


def forget() -> None:
    """Begin with no image again."""
    session.remember(CHOSEN, ())
    session.remember(REFUSED, ())


def draw(workspace: Workspace) -> tuple[Kept, ...]:
    """Draw the ways to choose images; return those that are."""
    upload, library = st.columns(2, gap="large")
    with upload:
        _uploader(workspace)
    with library:
        _from_library(workspace)
    for reason in (session.value_of(REFUSED) or ())[:MOST_TOLD]:
        st.warning(literal(reason))
    return chosen(workspace)


def _uploader(workspace: Workspace) -> None:
    turn = session.value_of(TURN) or 0
    key = f"batch-upload-{turn}"

    def take() -> None:
        files = session.value_of(key) or []
        session.remember(TURN, turn + 1)
        _keep(workspace, files)

    st.file_uploader(DROP, accept_multiple_files=True, key=key, on_change=take)


def _keep(workspace: Workspace, files: list[Any]) -> None:
    """Keep files in the library, sidecars with their image, and add them to the batch to come."""
    refused: list[str] = []
    ids = list(session.value_of(CHOSEN) or ())
    folders: dict[str, list[tuple[str, bytes]]] = {}
    for path, data in _contents(files, refused):
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append((name, data))
    repeated = Counter(name for found in folders.values() for name, _ in found)
    keeping = Keeping(sum(map(len, folders.values())))
    try:
        for folder, found in folders.items():
            # An instrument's text file lies beside its image, not in another folder.
            for group in uploads.batches(found):
                for one in uploads.arrivals(group, {}):
                    name = one.upload.name
                    title = f"{folder}/{name}" if folder and repeated[name] > 1 else name
                    keeping.one_more()
                    ids.append(_add(workspace, one, title))
    except LamellaError as error:
        refused.append(str(error))
    keeping.end()
    session.remember(CHOSEN, tuple(dict.fromkeys(ids)))
    session.remember(REFUSED, tuple(refused))


class Keeping:
    """Shows how many of ``total`` files are kept, where there are so many that it takes a while."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._bar = st.progress(0.0, "Keeping the files.") if total > AT_ONCE else None

    def one_more(self) -> None:
        """Count a file as kept."""
        self._done += 1
        if self._bar is not None:
            share = min(1.0, self._done / self._total)
            self._bar.progress(share, f"Keeping file {self._done:,} of {self._total:,}.")

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.empty()


def _add(workspace: Workspace, one: uploads.Arrival, title: str) -> str:
    upload, owner = one.upload, session.owner()
    kept = micrographs.add(
        workspace, owner, one.source, upload.name, upload.data, upload.sidecars, title
    )
    return kept.id


def _contents(files: list[Any], refused: list[str]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file.name, file.getvalue()
            continue
        try:
            yield from zip_members(io.BytesIO(file.getvalue()), file.name)
        except LamellaError as error:
            refused.append(str(error))


def _from_library(workspace: Workspace) -> None:
    owner = session.owner()
    tags = micrographs.tags(workspace, owner)
    tag = st.selectbox(
        "From the library",
        ["", *tags],
        format_func=lambda one: one or "All images",
        key="batch_tag",
    )
    found = micrographs.listed(workspace, owner, Filter(tag=tag or ""), "name")
    files = [one for one in found if one.blob is not None]
    titles = {one.id: one.title for one in files}
    picked = st.multiselect(
        "Images of the library",
        list(titles),
        format_func=titles.__getitem__,
        key=f"batch_library-{session.value_of(TURN) or 0}",
        placeholder="All of them" if files else "The library has no file yet",
        label_visibility="collapsed",
        disabled=not files,
    )
    failed = jobs.failed(workspace, owner)
    unread = {one.id for one in files if one.id in failed and not one.results}
    ids = picked or [one for one in titles if one not in unread]
    if unread and not picked:
        st.caption(FAILED.format("1 file" if len(unread) == 1 else f"{len(unread):,} files"))

    def add() -> None:
        before = session.value_of(CHOSEN) or ()
        session.remember(CHOSEN, tuple(dict.fromkeys((*before, *ids))))
        session.remember(TURN, (session.value_of(TURN) or 0) + 1)

    st.button(
        f"Add {len(ids):,} {'image' if len(ids) == 1 else 'images'}",
        on_click=add,
        disabled=not ids,
        icon=":material/add:",
    )
