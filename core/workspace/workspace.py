"""The folder that a workspace is: its database, its contents, its cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from core.settings import WorkspaceLimits
from core.workspace.disk.blobs import Blobs
from core.workspace.disk.cache import Cache
from core.workspace.disk.database import BUSY_SECONDS, Database
from core.workspace.disk.files import Files
from core.workspace.disk.reserve import Reserve
from core.workspace.disk.trouble import DiskFullError

DATABASE = "workspace.db"


class Workspace:
    """Everything that users keep, in one folder; any number of processes may have it open.

    The functions of this room take it and the owner first: nothing is read or changed without one.
    """

    def __init__(
        self,
        folder: Path,
        limits: WorkspaceLimits | None = None,
        *,
        files: Files | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open the workspace in ``folder``, or make one, readable by this user alone.

        Raises:
            WorkspaceError: a newer Lamella wrote it; it is damaged, locked or read-only.
        """
        self.folder = folder
        self.limits = limits or WorkspaceLimits()
        self.blobs = Blobs(folder, files)
        self.cache = Cache(folder / "cache", self.limits.cache_bytes, files)
        self._reserve = Reserve(folder, files)
        try:
            self.database = Database(folder / DATABASE, busy_seconds=busy_seconds)
        except DiskFullError:
            self._reserve.give_up()
            self.database = Database(folder / DATABASE, busy_seconds=busy_seconds)
        self._reserve.hold()

    def remove(self, deletions: Sequence[Callable[[apsw.Connection], object]]) -> int:
        """Delete rows, then the contents that only they named, and return the bytes freed.

        ``deletions``: called in one transaction. Where the disk is full to the last byte, the
        reserve makes room for one of them after the other.

        Raises:
            WorkspaceError: the workspace cannot be written to.
        """
        try:
            return self._remove(deletions)
        except DiskFullError:
            self._reserve.give_up()
            return sum(self._remove([one]) for one in deletions)
        finally:
            self._reserve.hold()

    def _remove(self, deletions: Sequence[Callable[[apsw.Connection], object]]) -> int:
        with self.database.write() as db:
            for delete in deletions:
                delete(db)
        return self.blobs.remove_unused(self.database)

    def close(self) -> None:
        """Close the database for the calling thread and for the one that opened it."""
        self.database.close()
