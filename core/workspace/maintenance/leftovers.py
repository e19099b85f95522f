"""What a crash left behind: contents that no row names, and files that were not finished."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from core.workspace.disk.trouble import in_words
from core.workspace.workspace import Workspace

LEFT_SECONDS = 86_400
"""As long as a content may take to be written and get its row."""


def unfinished(workspace: Workspace) -> tuple[Path, ...]:
    """Return the files that nobody has written to for a day and that never got their name."""
    with in_words(workspace.folder):
        return tuple(filter(_is_old, workspace.blobs.unfinished.iterdir()))


def unnamed(workspace: Workspace, young: bool = False) -> tuple[Path, ...]:
    """Return the contents without a row, from a day of age; ``young``: also those before that."""
    with in_words(workspace.folder):
        paths = [path for path in workspace.blobs.folder.glob("*/*") if young or _is_old(path)]
    # Read after the folder, so that what got its row meanwhile is not among them.
    with workspace.database.read() as db:
        named = {digest for (digest,) in db.execute("SELECT digest FROM blob")}
    return tuple(path for path in paths if path.name not in named)


def remove(workspace: Workspace, paths: Iterable[Path]) -> int:
    """Remove those of ``paths`` that have no row at this moment; return how many."""
    removed = 0
    # While nobody else can write the row that one of them may be waiting for.
    with workspace.database.write() as db:
        for path in paths:
            if not db.execute("SELECT count(*) FROM blob WHERE digest = ?", (path.name,)).get:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - LEFT_SECONDS
    except FileNotFoundError:
        return False
