"""The queue of jobs: one table of leases in the workspace's database.

A worker takes a job for ``order.LEASE_SECONDS`` and beats to keep it. Where a worker dies, the
lease runs out and another worker takes the job. What belongs to a worker is named by id, worker and
attempt together, so that a worker that was given up, and comes back, can change nothing any more.

Leases are in seconds of ``time.monotonic()``, which all processes of a machine share: a clock that
jumps moves none of them. After a restart of the machine that clock begins anew, and a lease further
ahead than one can be counts as over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from core.errors import Cancelled
from core.jobs.job import Job
from core.jobs.order import IN_ORDER, OVER, WAITING, clock

if TYPE_CHECKING:
    import apsw

    from core.workspace.workspace import Workspace

BEAT_SECONDS = 5.0
ATTEMPTS = 3
INTERACTIVE, BATCH = 0, 1
"""Priorities: somebody waits for it; nobody does."""


class LeaseLost(Cancelled):
    """The job was cancelled, or another worker has it."""

    def __init__(self) -> None:
        super().__init__("The job was cancelled, or another worker has it.")


_COLUMNS = ", ".join(Job.__dataclass_fields__)
_HELD = "id = :id AND worker = :worker AND attempt = :attempt AND state = 'running'"
_OF_WORKER = "worker = ? AND state = 'running'"
_ENDED = "finished = max(started, unixepoch('subsec'))"
_PUT_BACK = "state = 'queued', attempt = attempt - 1, worker = NULL, lease_until = NULL, done = 0"


def enqueue(
    workspace: Workspace,
    owner: str,
    kind: str,
    key: str,
    params: Mapping,
    priority: int = INTERACTIVE,
) -> Job:
    """Add a job, or return the open one that ``owner`` has of this ``key`` already."""
    values = {"owner": owner, "kind": kind, "key": key, "priority": priority}
    with workspace.database.write() as db:
        db.execute(
            "INSERT INTO job(owner, kind, key, params, priority, created)"
            " VALUES (:owner, :kind, :key, :params, :priority, unixepoch('subsec'))"
            " ON CONFLICT DO NOTHING",
            {**values, "params": json.dumps(params)},
        )
        job = _last(db, owner, key)
    assert job is not None
    return job


def take(workspace: Workspace, worker: str, kinds: Collection[str]) -> Job | None:
    """Give ``worker`` the next job of these ``kinds``, one whose lease is over among them; None
    where none waits."""
    # SQLite's own clock counts milliseconds, in which several jobs may begin.
    now = clock() | {"kinds": json.dumps(sorted(kinds)), "worker": worker, "started": time.time()}
    with workspace.database.read() as db:
        if not _first(db, f"SELECT 1 FROM job WHERE state = 'queued' OR {OVER} LIMIT 1", now):
            return None
    # A power failure may undo it: then the job still waits.
    with workspace.database.write(durable=False) as db:
        _give_up(db, now)
        row = _first(
            db,
            f"""
            UPDATE job SET state = 'running', worker = :worker, attempt = attempt + 1,
              lease_until = :now + :lease, started = :started, done = 0, total = 0,
              message = ''
            WHERE id = (
              SELECT id FROM ({WAITING})
              WHERE kind IN (SELECT value FROM json_each(:kinds)) {IN_ORDER} LIMIT 1
            ) RETURNING {_COLUMNS}
            """,
            now,
        )
    return None if row is None else _job(row)


def beat(workspace: Workspace, job: Job) -> bool:
    """Hold the lease on; return False where the job is no longer this worker's."""
    with workspace.database.write(durable=False) as db:
        return _change(db, job, "lease_until = :now + :lease")


def report(workspace: Workspace, job: Job, done: int, total: int, message: str = "") -> None:
    """Note the progress.

    Raises:
        LeaseLost: the job is no longer this worker's.
    """
    values = {"done": done, "total": total, "message": message}
    with workspace.database.write(durable=False) as db:
        _must(_change(db, job, "done = :done, total = :total, message = :message", values))


def finish(db: apsw.Connection, job: Job) -> None:
    """End a job well, in the open transaction that also writes what it made.

    Raises:
        LeaseLost: the job is no longer this worker's; what it made must not be written either.
    """
    _must(_change(db, job, f"state = 'done', {_ENDED}"))


def fail(workspace: Workspace, job: Job, error: str) -> None:
    """End a job with a sentence for its owner.

    Raises:
        LeaseLost: the job is no longer this worker's.
    """
    with workspace.database.write() as db:
        _must(_change(db, job, f"state = 'failed', {_ENDED}, error = :error", {"error": error}))


def put_back(workspace: Workspace, job: Job) -> None:
    """Let another worker begin a job anew, at no attempt's cost: this worker was told to end."""
    with workspace.database.write() as db:
        _change(db, job, _PUT_BACK)


def put_back_all(workspace: Workspace, worker: str) -> None:
    """Put back what ``worker`` had, which was told to end and is known to be dead."""
    with workspace.database.write() as db:
        db.execute(f"UPDATE job SET {_PUT_BACK} WHERE {_OF_WORKER}", (worker,))


def end_leases(workspace: Workspace, worker: str) -> None:
    """Let other workers have at once what ``worker`` had, which is known to be dead."""
    with workspace.database.write() as db:
        db.execute(f"UPDATE job SET lease_until = -1 WHERE {_OF_WORKER}", (worker,))


def cancel(workspace: Workspace, owner: str, key: str) -> None:
    """Cancel the open job of this ``key``; a worker on it stops at its next step."""
    with workspace.database.write() as db:
        db.execute(
            "UPDATE job SET state = 'cancelled', finished = unixepoch('subsec')"
            " WHERE owner = ? AND key = ? AND state IN ('queued', 'running')",
            (owner, key),
        )


def find(workspace: Workspace, owner: str, key: str) -> Job | None:
    """Return the last job that ``owner`` has of this ``key``, open or ended."""
    with workspace.database.read() as db:
        return _last(db, owner, key)


def forget_ended(workspace: Workspace, days: float = 30.0) -> None:
    """Delete the rows of jobs that ended ``days`` ago; what they made stays."""
    with workspace.database.write() as db:
        db.execute(
            "DELETE FROM job WHERE finished < unixepoch() - ?"
            " AND state NOT IN ('queued', 'running')",
            (days * 86400,),
        )


def _give_up(db: apsw.Connection, now: Mapping) -> None:
    """End the jobs that every worker died of."""
    db.execute(
        "UPDATE job SET state = 'failed', finished = unixepoch('subsec'), error = :error"
        f" WHERE {OVER} AND attempt >= :attempts",
        {**now, "attempts": ATTEMPTS, "error": _DIED},
    )


_DIED = (
    f"The worker died {ATTEMPTS} times on this image, most likely because it needs more memory "
    "than there is; crop or bin the image, or ask your admin for more memory."
)


def _change(db: apsw.Connection, job: Job, setting: str, values: Mapping | None = None) -> bool:
    """Change the row of a ``job`` that its worker still has; return whether it has it."""
    held = {"id": job.id, "worker": job.worker, "attempt": job.attempt}
    db.execute(f"UPDATE job SET {setting} WHERE {_HELD}", {**clock(), **held, **(values or {})})
    return bool(db.changes())


def _must(held: bool) -> None:
    if not held:
        raise LeaseLost


def _last(db: apsw.Connection, owner: str, key: str) -> Job | None:
    query = f"SELECT {_COLUMNS} FROM job WHERE owner = ? AND key = ? ORDER BY id DESC LIMIT 1"
    row = _first(db, query, (owner, key))
    return None if row is None else _job(row)


def _first(db: apsw.Connection, query: str, values: Mapping | tuple) -> tuple | None:
    # All rows are fetched, so that no statement stays open and keeps the log from being emptied.
    rows = list(db.execute(query, values))
    return rows[0] if rows else None


def _job(row: Iterable) -> Job:
    values = dict(zip(Job.__dataclass_fields__, row, strict=True))
    return Job(**{**values, "params": json.loads(values["params"])})
