"""Room on the disk that is kept for deleting.

SQLite writes into its log what it deletes, too, which it could not on a disk that is full to the
last byte.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from core.workspace.disk.files import Files

RESERVE_BYTES = 2**20
"""A few images with their results, or what SQLite needs to open its file at all."""


class Reserve:
    """A file in the workspace's ``folder`` that is given up when the room is needed."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        self._path, self._files = folder / "reserve", files or Files()

    def hold(self) -> None:
        """Take the room, where it is not held already and there is as much."""
        if self._path.exists():
            return
        with suppress(OSError):
            descriptor = self._files.create(self._path)
            try:
                # Of random bytes, which no file system makes smaller.
                self._files.write(descriptor, secrets.token_bytes(RESERVE_BYTES))
            except OSError:
                self._files.remove(self._path)
            finally:
                self._files.close(descriptor)

    def give_up(self) -> None:
        """Let the room be used."""
        with suppress(OSError):
            self._files.remove(self._path)
