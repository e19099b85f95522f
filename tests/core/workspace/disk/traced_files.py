"""File operations that are noted, and that fail on demand."""

from __future__ import annotations

import errno

from core.workspace.disk.files import Files

OPERATIONS = ("create", "write", "sync", "close", "rename", "make_folder", "sync_folder", "remove")


class TracedFiles(Files):
    """Notes each operation, and fails the one of number ``fail_at`` with ``error``."""

    def __init__(self, fail_at: int = -1, error: int = errno.ENOSPC) -> None:
        self.done: list[str] = []
        self.fail_at, self.error = fail_at, error

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if name not in OPERATIONS:
            return found

        def traced(*arguments: object) -> object:
            self.done.append(name)
            if len(self.done) - 1 == self.fail_at:
                if name == "close":
                    found(*arguments)
                raise OSError(self.error, "made to fail")
            return found(*arguments)

        return traced
