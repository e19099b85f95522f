"""What a session did with its images, kept in the workspace and found there again.

Where the workspace cannot be written the session goes on from memory, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import streamlit as st

from core.errors import LamellaError, WorkspaceError
from core.segmentation.settings import ObjectSettings
from core.settings import WorkspaceLimits, workspace_folder
from core.workspace import drawings, micrographs
from core.workspace.micrographs import Kept
from core.workspace.workspace import Workspace
from pages.components.frame.images import samples
from pages.components.frame.memory import Memory, Upload

Value = TypeVar("Value")
NOT_KEPT = "Nothing will be kept when this session ends. {}"
NOT_YOURS = (
    "The link leads to an image that is not in your library: it was deleted, or it belongs to "
    "somebody else, or to you in another browser."
)
MOST_RECENT = 12
"""As many images of earlier sessions are offered in the list of images."""


def workspace() -> Workspace | None:
    """Return the workspace; None where there is none that can be used."""
    try:
        return _open(str(workspace_folder()))
    except LamellaError:
        return None


def trouble(mine: Memory) -> str:
    """Return why nothing is kept, or why the open image is not; "" where all is well."""
    try:
        _open(str(workspace_folder()))
    except LamellaError as error:
        return NOT_KEPT.format(error)
    return mine.unkept.get(mine.source or "", "")


@st.cache_resource(show_spinner=False, max_entries=2, on_release=Workspace.close)
def _open(folder: str) -> Workspace:
    return Workspace(Path(folder), WorkspaceLimits.from_environment())


def attempt(mine: Memory, source: str, work: Callable[[Workspace], Value]) -> Value | None:
    """Return what ``work`` reads or writes in the workspace for an image.

    None where there is no workspace, or it cannot be used now: what is in memory stays, and
    :func:`trouble` says why.
    """
    place = workspace()
    if place is None:
        return None
    try:
        done = work(place)
    except WorkspaceError as error:
        mine.unkept[source] = str(error)
        return None
    return done


def write(mine: Memory, source: str, work: Callable[[Workspace], Value]) -> Value | None:
    """Return what ``work`` writes, as :func:`attempt` does; what was in its way before is over."""
    mine.unkept.pop(source, None)
    return attempt(mine, source, work)


# ---- images


def find(mine: Memory, micrograph: str) -> Kept | None:
    """Return an image of this session's owner by its id, and remember what is known of it."""
    found = attempt(mine, "", lambda place: micrographs.find(place, mine.owner, micrograph))
    if found is not None:
        remember(mine, found)
    return found


def restore(mine: Memory, source: str) -> None:
    """Bring back what an earlier session of the same owner did with an image; once a session."""
    if source in mine.restored:
        return
    mine.restored.add(source)
    found = _of_source(mine, source)
    if found is not None:
        remember(mine, found)
        attempt(mine, source, lambda place: micrographs.use(place, mine.owner, found.id))


def recent(mine: Memory) -> None:
    """Put the uploads that the owner used last into the session's list; once a session."""
    if mine.knows_recent:
        return
    mine.knows_recent = True
    found = attempt(
        mine, "", lambda place: micrographs.listed(place, mine.owner, limit=MOST_RECENT)
    )
    earlier = {one.source: one.title for one in found or () if one.blob is not None}
    mine.uploads = {**earlier, **mine.uploads}


def add(mine: Memory, source: str, upload: Upload, title: str) -> None:
    """Keep an upload."""
    mine.restored.add(source)
    files = (upload.name, upload.data, upload.sidecars, title)
    kept = write(mine, source, lambda place: micrographs.add(place, mine.owner, source, *files))
    if kept is not None:
        remember(mine, kept)


def replace_upload(mine: Memory, source: str) -> None:
    """Remove an upload whose place another takes, where nothing was made of it."""
    found = _of_source(mine, source)
    if found is not None and not found.results:
        attempt(mine, source, lambda place: micrographs.delete(place, mine.owner, [found.id]))
        mine.ids.pop(source, None)


def upload(mine: Memory, source: str) -> Upload | None:
    """Return the files of an upload from the workspace; None where it is not kept.

    Raises:
        WorkspaceError: one of them is missing or damaged.
    """
    found = _of_source(mine, source)
    place = workspace()
    if found is None or place is None:
        return None
    data, sidecars = micrographs.contents(place, found)
    return Upload(found.name, data, sidecars)


def identity_of(mine: Memory, source: str) -> str | None:
    """Return the id under which an image is kept, a sample from now on; None where it is not."""
    name = sample_name(source)
    offer = samples.offer_of(name) if name else None
    title = offer.title if offer else ""
    if source not in mine.ids and name is not None:
        kept = write(
            mine,
            source,
            lambda place: micrographs.add(place, mine.owner, source, name, None, title=title),
        )
        if kept is not None:
            remember(mine, kept)
    return mine.ids.get(source)


def sample_name(source: str | None) -> str | None:
    """Return the sample's name of a source's id; None of an upload."""
    return source.removeprefix("sample:") if source and source.startswith("sample:") else None


def save_changes(mine: Memory, source: str, model: str | None = None) -> None:
    """Keep what the user changed about an image, and the ``model`` chosen for it."""
    if micrograph := identity_of(mine, source):
        changes = mine.changes.get(source)
        write(
            mine,
            source,
            lambda place: micrographs.change(
                place, mine.owner, micrograph, changes=changes, model=model
            ),
        )


def save_settings(mine: Memory, source: str, settings: ObjectSettings) -> None:
    """Keep how the objects of an image are found, where that is news."""
    if mine.settings.get(source, ObjectSettings()) == settings:
        return
    mine.settings[source] = settings
    if micrograph := identity_of(mine, source):
        write(
            mine,
            source,
            lambda place: micrographs.change(
                place, mine.owner, micrograph, object_settings=settings
            ),
        )


def _of_source(mine: Memory, source: str) -> Kept | None:
    return attempt(mine, source, lambda place: micrographs.find_source(place, mine.owner, source))


def remember(mine: Memory, kept: Kept) -> None:
    """Note what is known of an image that the workspace has."""
    mine.ids[kept.source] = kept.id
    mine.changes.setdefault(kept.source, kept.changes)
    if kept.blob is not None:
        mine.uploads.setdefault(kept.source, kept.title)
    if kept.object_settings is not None:
        mine.settings.setdefault(kept.source, kept.object_settings)
    if kept.model:
        mine.models.setdefault(kept.source, kept.model)
    elif kept.segmented_by:
        mine.suggested.setdefault(kept.source, kept.segmented_by)


# ---- drawings


def save_drawing(mine: Memory, image: str) -> None:
    """Keep what is drawn on the page of digest ``image``."""
    source, drawing = mine.sources[image], replace(mine.drawn[image], phase_names=mine.phase_names)
    if micrograph := identity_of(mine, source):
        write(
            mine,
            source,
            lambda place: drawings.save(place, mine.owner, micrograph, image, drawing),
        )


def restore_drawing(mine: Memory, source: str, image: str) -> None:
    """Bring back what was drawn on the page of digest ``image`` before; once a session."""
    if image in mine.sources:
        return
    mine.sources[image] = source
    micrograph = mine.ids.get(source)
    if micrograph is None:
        return
    found = attempt(mine, source, lambda place: drawings.find(place, mine.owner, micrograph, image))
    if found is None:
        return
    # Strokes name phases by their number, in every image of a session alike.
    known = () if not mine.drawn else mine.phase_names
    mine.phase_names = (*known, *found.phase_names[len(known) :])
    mine.drawn[image] = found
