"""Results of a user: the arrays and the settings of each analysis, and what made it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from functools import partial

import apsw

from core.analysis.analysis import Analysis
from core.errors import WorkspaceError
from core.workspace import quota
from core.workspace.micrographs import NOT_THERE
from core.workspace.results import stored_analysis
from core.workspace.results.stored import COLUMNS, SELECT, Stored, stored_of
from core.workspace.results.stored_analysis import Written
from core.workspace.workspace import Workspace


def add(workspace: Workspace, owner: str, micrograph: str, key: str, analysis: Analysis) -> Stored:
    """Keep an analysis in place of one with the same ``key``, and return it.

    Raises:
        WorkspaceError: ``owner`` has no such micrograph; the quota or the disk is full.
    """
    written = stored_analysis.write(workspace, analysis)
    with workspace.database.write() as db:
        return insert(db, workspace, owner, micrograph, key, written)


def insert(
    db: apsw.Connection,
    workspace: Workspace,
    owner: str,
    micrograph: str,
    key: str,
    written: Written,
) -> Stored:
    """Keep what was written, in the open transaction ``db``, and return it; a result that was
    corrected by hand is not replaced, and is returned instead.

    Raises:
        WorkspaceError: as of :func:`add`.
    """
    row = db.execute(f"{SELECT} WHERE owner = ? AND key = ?", (owner, key)).fetchone()
    if row is not None and (found := stored_of(row)).by_hand is not None:
        return found
    size = _keep_files(db, workspace, written)
    db.execute("DELETE FROM result WHERE owner = ? AND key = ?", (owner, key))
    quota.check_owner(db, workspace, owner, size)
    new, now = secrets.token_hex(8), time.time()
    db.execute(
        f"INSERT INTO result ({COLUMNS}) SELECT ?, owner, id, ?, ?, ?, ?, ?, ?, ?, ?"
        " FROM micrograph WHERE owner = ? AND id = ?",
        (
            *(new, key, written.model, written.title, written.run, written.provenance),
            *(size, now, now, owner, micrograph),
        ),
    )
    if not db.changes():
        raise WorkspaceError(NOT_THERE)
    db.executemany(
        "INSERT INTO result_file VALUES (?, ?, ?)",
        [(new, name, digest) for name, digest in written.files.items()],
    )
    (made,) = db.execute(f"{SELECT} WHERE id = ?", (new,))
    return stored_of(made)


def _keep_files(db: apsw.Connection, workspace: Workspace, written: Written) -> int:
    """Note that a row names the files, those anew that were deleted meanwhile; return their bytes.

    While this transaction is open nobody can delete them again.
    """
    for name, data in written.contents.items():
        if not workspace.blobs.path(written.files[name]).is_file():
            workspace.blobs.add(data)
    return sum(workspace.blobs.keep(db, digest) for digest in written.files.values())


def find(workspace: Workspace, owner: str, key: str) -> Stored | None:
    """Return the result with this key; None where ``owner`` has none."""
    with workspace.database.read() as db:
        row = db.execute(f"{SELECT} WHERE owner = ? AND key = ?", (owner, key)).fetchone()
    return None if row is None else stored_of(row)


def listed(workspace: Workspace, owner: str, micrograph: str) -> tuple[Stored, ...]:
    """Return the results of a micrograph of ``owner``, the newest first."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                f"{SELECT} WHERE owner = ? AND micrograph = ? ORDER BY created DESC, rowid DESC",
                (owner, micrograph),
            )
        )
    return tuple(map(stored_of, rows))


def delete(workspace: Workspace, owner: str, ids: Collection[str]) -> int:
    """Delete results; return the bytes freed. Ids that ``owner`` does not have are passed over."""
    return workspace.remove([partial(_delete_row, owner=owner, result=one) for one in ids])


def _delete_row(db: apsw.Connection, owner: str, result: str) -> None:
    db.execute("DELETE FROM result WHERE owner = ? AND id = ?", (owner, result))
