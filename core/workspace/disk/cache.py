"""Files that can be made again: what was used longest ago goes first. Nothing here is synced."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from core.workspace.disk.files import Files
from core.workspace.disk.trouble import in_words

NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9]+)?")


class Cache:
    """Files by name, at most ``most_bytes`` of them together, shared by processes."""

    def __init__(self, folder: Path, most_bytes: int, files: Files | None = None) -> None:
        self._folder, self._most_bytes, self._files = folder, most_bytes, files or Files()
        with in_words(folder.parent):
            self._files.make_folder(folder)

    def put(self, name: str, data: bytes) -> Path:
        """Keep ``data`` under ``name``, letters and digits with one extension, and return its path.

        Raises:
            WorkspaceError: a full, read-only or failing disk.
        """
        path = self._path(name)
        unfinished = self._folder / f".{secrets.token_hex(12)}"
        with in_words(self._folder.parent):
            try:
                descriptor = self._files.create(unfinished)
                try:
                    self._files.write(descriptor, data)
                finally:
                    self._files.close(descriptor)
                self._files.rename(unfinished, path)
            except BaseException:
                self._files.remove(unfinished)
                raise
            self._evict(path)
        return path

    def find(self, name: str) -> Path | None:
        """Return the path of a file and mark it as used; None where it is no longer kept."""
        path = self._path(name)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def remove(self, prefix: str) -> None:
        """Remove the files whose names begin with ``prefix``, the id of a deleted image."""
        for path in self._folder.glob(f"{self._path(prefix).name}*"):
            self._files.remove(path)

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a file of the cache.")
        return self._folder / name

    def _evict(self, newest: Path) -> None:
        """Remove files until the limit holds; another process may do so too."""
        found = []
        for path in self._folder.iterdir():
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._most_bytes:
                return
            if path != newest:
                self._files.remove(path)
                total -= size
