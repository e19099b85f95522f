"""The folder that a workspace is: its database, its contents, its cache."""

from __future__ import annotations

from pathlib import Path

from core.settings import WorkspaceLimits
from core.workspace.blobs import Blobs
from core.workspace.cache import Cache
from core.workspace.database import BUSY_SECONDS, Database
from core.workspace.files import Files

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
        self.database = Database(folder / DATABASE, busy_seconds=busy_seconds)

    def close(self) -> None:
        """Close the database for the calling thread and for the one that opened it."""
        self.database.close()
