"""The few operations on files that a workspace needs; tests put others in their place."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class Files:
    """The operating system's own; each raises its OSError."""

    def create(self, path: Path) -> int:
        """Return a descriptor to write a new file with, readable by its owner alone."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of ``data``."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync(self, descriptor: int) -> None:
        """Return once what was written is on the disk."""
        os.fsync(descriptor)

    def sync_file(self, path: Path) -> None:
        """Return once a file that was closed is on the disk."""
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def rename(self, path: Path, to: Path) -> None:
        """Give a file its name, at once; one that had it is replaced."""
        path.replace(to)

    def make_folder(self, path: Path) -> None:
        """Make a folder for its owner alone, where there is none."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Return once the names in a folder are on the disk."""
        if sys.platform == "win32":
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lock(self, path: Path, alone: bool) -> int | None:
        """Return a descriptor that holds the lock ``path`` until it is closed.

        ``alone``: with nobody else, and None where somebody has it; else beside others, after those
        who have it alone.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform == "win32":
            return descriptor
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def remove(self, path: Path) -> None:
        """Remove a file where there is one."""
        path.unlink(missing_ok=True)
