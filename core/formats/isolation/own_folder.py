"""Folders for the files of one reader, which no process that was killed leaves behind for good."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "lamella-read-"
YOUNG_SECONDS = 60.0
"""Younger folders are left alone: their owner may not have locked them yet."""


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder, and remove it at the end; meanwhile it is locked, which ends with its process.

    Raises:
        OSError: the disk is full, or the folder for temporary files cannot be written to.
    """
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        lock = _lock(Path(folder))
        try:
            yield Path(folder)
        finally:
            if lock is not None:
                os.close(lock)


def remove_left_behind() -> None:
    """Remove the folders of processes that were killed, which nobody holds locked any more."""
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < YOUNG_SECONDS:
                continue
            lock = _lock(folder)
        except OSError:  # another process holds it or has just removed it, or it is another user's
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder until what is returned is closed.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if sys.platform == "win32":  # such a lock is unknown there
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
