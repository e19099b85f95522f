"""What goes by itself: images that nobody used for long, as the administrator set, and foretold."""

from __future__ import annotations

import time
from dataclasses import dataclass

import apsw

from core.workspace import micrographs
from core.workspace.maintenance import leftovers
from core.workspace.micrographs import Kept
from core.workspace.workspace import Workspace

DAY_SECONDS = 86_400
NOTICE_SECONDS = 7 * DAY_SECONDS
SESSION = "session:"
"""Begins the owners that nobody can be any more once their browser tab is closed."""


@dataclass(frozen=True)
class Leaving:
    """A micrograph that will be deleted at ``date``, seconds since 1970, unless it is used."""

    micrograph: Kept
    date: float


def soon(workspace: Workspace, owner: str) -> tuple[Leaving, ...]:
    """Return what :func:`sweep` will delete of ``owner``, the first to go first."""
    if workspace.limits.keep_days is None:
        return ()
    with workspace.database.read() as db:
        announced = dict(
            db.execute(
                "SELECT id, announced FROM micrograph WHERE owner = ? AND announced NOT NULL",
                (owner,),
            )
        )
    keep_seconds = workspace.limits.keep_days * DAY_SECONDS
    found = (
        Leaving(kept, max(announced[kept.id] + NOTICE_SECONDS, kept.used + keep_seconds))
        for kept in micrographs.listed(workspace, owner)
        if kept.id in announced
    )
    return tuple(sorted(found, key=lambda leaving: leaving.date))


def sweep(workspace: Workspace) -> int:
    """Announce what goes in a week, delete what was announced a week ago and not used since, and
    return the bytes freed. Call it now and then.

    A clock that jumps ahead deletes nothing before a week has passed on it too. Images of sessions
    without a cookie go a day after their last use, their models a day after they were made, as
    nobody can find them again. Contents that no row names stay, as a lost database may have named
    them; unfinished files go after a day.

    Raises:
        WorkspaceError: the workspace cannot be written to.
    """
    leftovers.remove(workspace, leftovers.unfinished(workspace))
    return workspace.remove([lambda db: _sweep(db, workspace)])


def _sweep(db: apsw.Connection, workspace: Workspace) -> None:
    now, days = time.time(), workspace.limits.keep_days
    gone = list(
        db.execute(
            "SELECT owner, id FROM micrograph WHERE substr(owner, 1, ?) = ? AND used < ?",
            (len(SESSION), SESSION, now - DAY_SECONDS),
        )
    )
    if days is not None:
        keep_seconds = days * DAY_SECONDS
        db.execute(
            "UPDATE micrograph SET announced = ?1"
            " WHERE used < ?2 AND (announced IS NULL OR announced > ?1)",
            (now, now - keep_seconds + NOTICE_SECONDS),
        )
        gone += db.execute(
            "SELECT owner, id FROM micrograph WHERE used <= ? AND announced <= ?",
            (now - keep_seconds, now - NOTICE_SECONDS),
        )
    for table in ("lab_model", "training"):
        db.execute(
            f"DELETE FROM {table} WHERE substr(owner, 1, ?) = ? AND created < ?",
            (len(SESSION), SESSION, now - DAY_SECONDS),
        )
    for owner, micrograph in gone:
        micrographs.delete_rows(db, workspace, owner, micrograph)
