"""Whose turn it is in the queue, and how long the others wait.

Priority first; then one job of each owner in turn, fewer for who has some running already; of two
owners whose turn it is, the one served longer ago.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.jobs.job import Job

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

LEASE_SECONDS = 30.0
# Twice the lease: another process may have set it since this one read the clock.
OVER = "(state = 'running' AND lease_until NOT BETWEEN :now AND :now + 2 * :lease)"
WAITING = f"""
  WITH busy AS MATERIALIZED (
    SELECT owner, count(*) AS running FROM job WHERE state = 'running' GROUP BY owner
  )
  SELECT id, kind, priority,
    row_number() OVER (PARTITION BY job.owner, priority ORDER BY id)
      + coalesce(running, 0) - (state = 'running') AS turn,
    (SELECT max(started) FROM job AS earlier WHERE earlier.owner = job.owner) AS served
  FROM job LEFT JOIN busy USING (owner) WHERE state = 'queued' OR {OVER}
"""
IN_ORDER = "ORDER BY priority, turn, served, id"


@dataclass(frozen=True)
class Place:
    """Where a job stands. ``ahead``: open jobs before it. ``seconds_left``: until it ends; None
    where nothing says it: no job of its kind has ended yet, or its steps are all done and what
    follows them is not."""

    ahead: int
    seconds_left: float | None


def clock() -> dict[str, object]:
    """Return the values that :data:`WAITING` and :data:`OVER` need."""
    return {"now": time.monotonic(), "lease": LEASE_SECONDS}


def place(workspace: Workspace, job: Job) -> Place:
    """Return how many jobs are before an open ``job``, and how long it will take."""
    values = clock() | {"id": job.id, "kind": job.kind}
    with workspace.database.read() as db:
        order = [row[0] for row in db.execute(f"{WAITING} {IN_ORDER}", values)]
        running = db.execute(
            "SELECT count(*), count(DISTINCT worker) FROM job WHERE state = 'running'"
        )
        busy, workers = next(iter(running))
        usual = db.execute(
            # With the plus SQLite walks back from the newest job, and does not sort all that ended.
            "SELECT avg(seconds) FROM (SELECT finished - started AS seconds FROM job"
            " WHERE kind = :kind AND +state = 'done' ORDER BY id DESC LIMIT 20)",
            values,
        ).get
    ahead = busy + order.index(job.id) if job.id in order else 0
    return Place(ahead, _seconds_left(job, usual, ahead / max(workers, 1)))


def _seconds_left(job: Job, usual: float | None, turns: float) -> float | None:
    """``usual``: seconds of a job of its kind. ``turns``: as many before it on the same worker."""
    if job.started is None or not job.done:
        return None if usual is None else usual * (1 + turns)
    steps = job.total - job.done
    return max(time.time() - job.started, 0.0) * steps / job.done if steps else None
