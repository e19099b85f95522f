"""What goes wrong with disks and databases, as sentences for users."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from core.errors import WorkspaceError


class DiskFullError(WorkspaceError):
    """The disk of the workspace ``folder`` is full."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The disk of the workspace {folder} is full, so this was not saved; what was saved "
            "before is kept. Free some space, then try again."
        )


FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn what the disk or the database of the workspace ``folder`` raises into one sentence.

    Raises:
        WorkspaceError: instead of any OSError, and of any error of SQLite but a broken constraint,
            which is a mistake of ours.
    """
    try:
        yield
    except OSError as error:
        raise _of_disk(folder, error) from error
    except apsw.ConstraintError:
        raise
    except apsw.Error as error:
        told = _of_database(folder, error)
        if told is None:
            raise
        raise told from error


def files(count: int) -> str:
    """Return a number of files in words."""
    return "1 file" if count == 1 else f"{count:,} files"


def beside_contents(count: int, lack: str) -> str:
    """Return the sentence for ``count`` contents with a database that cannot be theirs."""
    return (
        f"The workspace is damaged: blobs/ holds {files(count)}, but {lack}; put a backup's "
        "workspace.db in its place, without a workspace.db-wal beside it, or move blobs/ away to "
        "begin anew."
    )


def _of_disk(folder: Path, error: OSError) -> WorkspaceError:
    if error.errno in FULL:
        return DiskFullError(folder)
    if error.errno in FORBIDDEN:
        return _forbidden(folder)
    return _failed(folder, error.strerror or type(error).__name__)


def _of_database(folder: Path, error: apsw.Error) -> WorkspaceError | None:
    """Return the error to be raised; None of an error in our own SQL."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return WorkspaceError(
                f"The workspace {folder} is kept busy by another program; try again in a moment, "
                "and end that program if it hangs."
            )
        case apsw.FullError():
            return DiskFullError(folder)
        # There is no room for the file that processes share, of 32 kB.
        case apsw.IOError() if _code(error) == apsw.SQLITE_IOERR_SHMSIZE:
            return DiskFullError(folder)
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError():
            return _forbidden(folder)
        case apsw.CorruptError() | apsw.NotADBError():
            return WorkspaceError(
                f"The database of the workspace {folder} is damaged; put a backup in its place, "
                "or name another folder in LAMELLA_WORKSPACE."
            )
        case apsw.IOError():
            return _failed(folder, str(error))
    return None


def _code(error: apsw.Error) -> int:
    return getattr(error, "extendedresult", 0)


def _failed(folder: Path, reason: str) -> WorkspaceError:
    return WorkspaceError(
        f"The disk of the workspace {folder} failed ({reason}); check it, then try again."
    )


def _forbidden(folder: Path) -> WorkspaceError:
    return WorkspaceError(
        f"The workspace {folder} cannot be written to; change its permissions, or name another "
        "folder in LAMELLA_WORKSPACE."
    )
