"""A job of the workspace's queue as a page sees it: it goes on when the tab is closed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.errors import Cancelled, LamellaError
from core.jobs import order, queue
from core.jobs.job import Job
from core.jobs.result_key import name_of as name_of

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


def has_worker_processes() -> bool:
    """Return whether processes of their own work on the queue, as LAMELLA_WORKERS says."""
    return os.environ.get("LAMELLA_WORKERS", "0") not in ("", "0")


class QueuedJob:
    """One job of an owner, with what :class:`pages.components.frame.work.jobs.Job` tells a page."""

    def __init__(self, workspace: Workspace, key: tuple[object, ...], row: Job) -> None:
        self.key = key
        self._workspace, self._row = workspace, row

    @property
    def finished(self) -> bool:
        """Whether it ended: with a result, an error, or as asked; read anew each time."""
        found = queue.find(self._workspace, self._row.owner, self._row.key)
        # Deleted together with its image.
        self._row = found or self._row
        return found is None or not found.is_open

    @property
    def is_stopping(self) -> bool:
        """Whether it was cancelled and has not ended yet: in the queue it ends at once."""
        return False

    def cancel(self) -> None:
        """Take it out of the queue, or stop it at its next step."""
        queue.cancel(self._workspace, self._row.owner, self._row.key)

    def check(self) -> None:
        """Do nothing for a job that ended well.

        Raises:
            Cancelled: the user stopped it, here or in another tab.
            LamellaError: the work itself failed.
        """
        if self._row.state == "failed":
            raise LamellaError(self._row.error)
        if self._row.state != "done":
            raise Cancelled

    def progress(self, step: str, beginning: str, ending: str) -> tuple[float, str]:
        """Return the share that is done, and where it stands in words."""
        place = order.place(self._workspace, self._row)
        left = "" if place.seconds_left is None else f" {_left(place.seconds_left)}"
        if self._row.state == "queued":
            if not place.ahead:
                return 0.0, f"Next in the queue.{left}"
            jobs = "job" if place.ahead == 1 else "jobs"
            return 0.0, f"In the queue: {place.ahead} {jobs} before this one.{left}"
        done, total = self._row.done, self._row.total
        if not total:
            return 0.0, beginning
        after = f" {ending}" if done == total else left
        return done / total, f"{step} {done} of {total}.{after if done else ''}".rstrip()


def _left(seconds: float) -> str:
    if seconds < 1:
        return "Almost done."
    if seconds < 90:
        return f"About {round(seconds)} s left."
    return f"About {round(seconds / 60)} min left."
