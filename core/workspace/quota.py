"""How much an owner may keep, and how much of the disk must stay free."""

from __future__ import annotations

import shutil

import apsw

from core.errors import WorkspaceError
from core.workspace.disk.trouble import in_words
from core.workspace.workspace import Workspace


def used_bytes(workspace: Workspace, owner: str) -> int:
    """Return the bytes of an owner's uploads, results, corrections and models, equal ones twice."""
    with workspace.database.read() as db:
        return _used(db, owner)


def check(workspace: Workspace, owner: str, new_bytes: int) -> None:
    """Refuse ``new_bytes`` more of ``owner`` where the disk or the quota would not hold them.

    Call it before a body is accepted.

    Raises:
        WorkspaceError: too little is free, or too much is used.
    """
    with in_words(workspace.folder):
        free = shutil.disk_usage(workspace.folder).free
    if free - new_bytes < workspace.limits.free_bytes:
        raise WorkspaceError(
            f"{_size(new_bytes)} more would leave {_size(max(free - new_bytes, 0))} free on the "
            f"disk of the workspace and {_size(workspace.limits.free_bytes)} must stay; delete "
            "images in the library, or ask the administrator for space."
        )
    with workspace.database.read() as db:
        check_owner(db, workspace, owner, new_bytes)


def check_owner(db: apsw.Connection, workspace: Workspace, owner: str, new_bytes: int) -> None:
    """Refuse what would exceed the quota, in the transaction that adds it.

    Raises:
        WorkspaceError: too much is used.
    """
    used, most = _used(db, owner), workspace.limits.owner_bytes
    if used + new_bytes > most:
        raise WorkspaceError(
            f"Your library holds {_size(used)} of {_size(most)}, too much for {_size(new_bytes)} "
            "more; delete images, results or models that you no longer need."
        )


def _used(db: apsw.Connection, owner: str) -> int:
    return db.execute(
        "SELECT (SELECT coalesce(sum(bytes), 0) FROM micrograph WHERE owner = ?1)"
        " + (SELECT coalesce(sum(bytes), 0) FROM result WHERE owner = ?1)"
        " + (SELECT coalesce(sum(correction.bytes), 0) FROM correction JOIN result ON id = result"
        " WHERE owner = ?1)"
        " + (SELECT coalesce(sum(bytes), 0) FROM lab_model WHERE owner = ?1)"
        " + (SELECT coalesce(sum(bytes), 0) FROM training WHERE owner = ?1)",
        (owner,),
    ).get


def _size(count: int) -> str:
    if count < 100_000:
        return f"{count:,} bytes"
    return f"{count / 1e6:,.0f} MB" if count >= 10_000_000 else f"{count / 1e6:.2g} MB"
