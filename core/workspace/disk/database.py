"""The database of a workspace: SQLite with a write-ahead log, for threads and processes at once.

Through apsw, which brings an SQLite of its own: releases before 3.51.3 may corrupt a write-ahead
log that several processes use (https://www.sqlite.org/changes.html). For the same reason nothing
else may open the file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from core.errors import WorkspaceError
from core.workspace.disk.schema import MIGRATIONS
from core.workspace.disk.trouble import beside_contents, in_words

BUSY_SECONDS = 10.0


class Database:
    """One SQLite file; each thread gets a connection of its own."""

    def __init__(
        self,
        path: Path,
        migrations: tuple[str, ...] = MIGRATIONS,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open the file, or make it, and bring it to the version of ``migrations``.

        ``busy_seconds``: how long to wait for others that write.

        Raises:
            WorkspaceError: a newer version than ours; a damaged, locked or read-only file; one that
                is missing or empty although there are contents; a full disk.
        """
        self.path = path
        self._busy_ms = round(busy_seconds * 1000)
        self._local = threading.local()
        with in_words(path.parent):
            _check_not_lost(path)
            # The last connection that closes empties and removes the log. One that stays open
            # spares every thread that comes and goes that work.
            self._first = self._connection()
        self._migrate(migrations)

    @contextmanager
    def write(self, durable: bool = True) -> Iterator[apsw.Connection]:
        """Run the body as one transaction, which no other writes beside: all of it or nothing.

        ``durable``: it outlives a power failure once this returns. Otherwise it outlives the end of
        the process, at a fraction of the time: for progress and signs of life. Keep the body to
        milliseconds, without work on files or images in it.

        Raises:
            WorkspaceError: locked for too long, read-only, damaged, or a full disk.
        """
        with in_words(self.path.parent):
            db = self._connection()
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            with _rolled_back_on_failure(db):
                yield db
                db.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[apsw.Connection]:
        """Let the body see the database of one moment; inside :meth:`write`, as that left it.

        Raises:
            WorkspaceError: as of :meth:`write`.
        """
        with in_words(self.path.parent):
            db = self._connection()
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            with _rolled_back_on_failure(db):
                yield db
                db.execute("COMMIT")

    def copy(self, path: Path) -> None:
        """Write the database of this moment to a new file; others may write meanwhile.

        Raises:
            WorkspaceError: the disk is full, or cannot be written to.
        """
        with in_words(path.parent):
            self._connection().execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Close what this thread and the constructor opened; the last to close empties the log."""
        for db in (getattr(self._local, "connection", None), self._first):
            if db is not None:
                db.close()
        self._local = threading.local()

    def _connection(self) -> apsw.Connection:
        db: apsw.Connection | None = getattr(self._local, "connection", None)
        if db is None:
            db = apsw.Connection(str(self.path))
            db.set_busy_timeout(self._busy_ms)
            db.pragma("journal_mode", "wal")
            db.pragma("foreign_keys", True)
            db.pragma("secure_delete", True)
            # SQLite's own lower() knows no letter beyond ASCII.
            db.create_scalar_function("casefold", _casefold, 1, deterministic=True)
            self._local.connection = db
        return db

    def _migrate(self, migrations: tuple[str, ...]) -> None:
        """Apply what is missing, in one transaction; another process may do so at this moment."""
        with self.write() as db:
            version = db.pragma("user_version")
            if version > len(migrations):
                raise WorkspaceError(
                    f"The workspace {self.path.parent} is of version {version} and this Lamella "
                    f"reads up to {len(migrations)}; install the newer Lamella that wrote it, or "
                    "name another folder in LAMELLA_WORKSPACE."
                )
            if not version and (contents := _contents(self.path.parent)):
                raise WorkspaceError(beside_contents(contents, f"{self.path} has no tables"))
            for step in migrations[version:]:
                db.execute(step)
            if version < len(migrations):
                db.pragma("user_version", len(migrations))


def _check_not_lost(path: Path) -> None:
    """Refuse to make a database where there are contents that another one named."""
    if _is_written(path) or not (contents := _contents(path.parent)):
        return
    # Another process may have made it meanwhile, and only then a content.
    if not _is_written(path):
        raise WorkspaceError(beside_contents(contents, f"{path} is missing or empty"))


def _is_written(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _contents(folder: Path) -> int:
    """Return how many contents lie in a workspace."""
    return sum(1 for _ in (folder / "blobs").glob("*/*"))


@contextmanager
def _rolled_back_on_failure(db: apsw.Connection) -> Iterator[None]:
    try:
        yield
    finally:
        # After a full disk SQLite may have rolled back by itself.
        if db.in_transaction:
            with suppress(apsw.Error):
                db.execute("ROLLBACK")


def _casefold(*text: apsw.SQLiteValue) -> str:
    return str(text[0]).casefold()
