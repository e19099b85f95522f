"""Runs and results of the page Segment in the workspace: asked for, found again, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.execution import RunChoice
from core.jobs import queue, segmentation
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from core.workspace.results import results, stored_analysis
from pages.components.frame import keeping, session
from pages.components.frame.memory import Memory, Opened
from pages.components.frame.work import handover, jobs, worker
from pages.components.frame.work.queued import QueuedJob, name_of
from pages.components.segment.kept import Corrected

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.workspace.workspace import Workspace

Key = tuple[object, ...]


def enqueue(
    opened: Opened, card: ModelCard, key: Key, settings: ObjectSettings, choice: RunChoice
) -> QueuedJob | None:
    """Add a run to the queue; None where the image is not kept, so nothing of it could be."""
    mine = session.memory()
    # A model that was suggested is not the user's choice after a reload either.
    chosen = None if session.is_suggested(opened.source) else card.name
    keeping.save_changes(mine, opened.source, model=chosen)
    micrograph = keeping.identity_of(mine, opened.source)
    if micrograph is None:
        return None

    def ask(place: Workspace) -> QueuedJob:
        row = segmentation.enqueue(
            place,
            mine.owner,
            micrograph,
            name_of(key),
            opened.micrograph,
            card.name,
            settings,
            choice=choice,
        )
        return QueuedJob(place, key, row)

    job = keeping.write(mine, opened.source, ask)
    if job is not None:
        worker.start()
    return job


def last_job(mine: Memory, key: Key) -> QueuedJob | None:
    """Return the last run of this key, open or ended; None where the owner never asked for it."""

    def look(place: Workspace) -> QueuedJob | None:
        row = queue.find(place, mine.owner, name_of(key))
        return QueuedJob(place, key, row) if row else None

    return keeping.attempt(mine, mine.source or "", look)


def load(opened: Opened, card: ModelCard, key: Key) -> Analysis | None:
    """Return a result that was kept for this owner, without corrections: what is loaded is shared
    by all who have the same image. None where there is none."""
    mine = session.memory()

    def read(place: Workspace) -> Analysis | None:
        stored = results.find(place, mine.owner, name_of(key))
        if stored is None:
            return None
        mine.saved[key] = stored.id
        made = handover.take(stored.id, opened.micrograph, card)
        return made or stored_analysis.load(
            place, stored, opened.micrograph, card, with_corrections=False
        )

    return keeping.attempt(mine, opened.source, read)


def corrected(opened: Opened, key: Key) -> Corrected | None:
    """Return whose corrections of a result count here: this owner's; None where it is not kept."""
    mine = session.memory()

    def look(place: Workspace) -> Corrected | None:
        if not mine.saved.get(key):
            # Kept in an earlier session, or by another tab.
            stored = results.find(place, mine.owner, name_of(key))
            if stored is None:
                return None
            mine.saved[key] = stored.id
        return Corrected(mine.owner, mine.saved[key])

    return keeping.attempt(mine, opened.source, look)


def save_once(opened: Opened, key: Key, analysis: Analysis) -> None:
    """Keep a result in the background that this owner's library does not have yet.

    Of the forests of one session that learned from one image, the newest is kept.
    """
    mine = session.memory()
    if key in mine.saved:
        return
    mine.saved[key] = ""
    micrograph = keeping.identity_of(mine, opened.source)
    place = keeping.workspace()
    if micrograph is None or place is None:
        return
    older = _superseded(mine, key)

    def save(progress: object) -> None:
        try:
            kept = results.find(place, mine.owner, name_of(key))
            made = kept or results.add(place, mine.owner, micrograph, name_of(key), analysis)
            mine.saved[key] = made.id
            if kept is None:
                results.delete(place, mine.owner, older)
        except LamellaError as error:
            mine.unkept[opened.source] = str(error)

    jobs.start(("save", name_of(key)), save, lambda _: None)


def _superseded(mine: Memory, key: Key) -> list[str]:
    digest, *_, marks = key
    if marks is None:
        return []
    return [
        stored
        for other, stored in mine.saved.items()
        if stored and other != key and other[0] == digest and other[-1] is not None
    ]
