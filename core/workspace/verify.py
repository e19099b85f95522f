"""Whether a workspace is sound: its database, and each row's content on the disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.types import ProgressCallback, no_progress
from core.workspace.trouble import in_words
from core.workspace.workspace import Workspace

ORPHAN_SECONDS = 86_400
"""As long as a content may take to get its row."""

_CONCERNED = """
SELECT 'The file of ' || title || ' (' || owner || ') is {0}; upload it again.' FROM micrograph
WHERE blob = ?1 OR id IN (SELECT micrograph FROM sidecar WHERE blob = ?1)
UNION ALL
SELECT 'The mask on ' || title || ' (' || owner || ') is {0}; load it again.' FROM micrograph
WHERE id IN (SELECT micrograph FROM drawing WHERE mask = ?1)
UNION ALL
SELECT 'The result ' || result.title || ' of ' || micrograph.title || ' (' || result.owner
    || ') is {0}; run it again.'
FROM result JOIN micrograph ON micrograph.id = result.micrograph
WHERE result.id IN (SELECT result FROM result_file WHERE blob = ?1)
"""


@dataclass(frozen=True)
class Report:
    """``files``, ``bytes``: contents that are sound. ``leftovers``: files without a row, removed.
    ``problems``: sentences, each with what to do."""

    files: int
    bytes: int
    leftovers: int
    problems: tuple[str, ...]


def verify(
    workspace: Workspace, repair: bool = False, progress: ProgressCallback = no_progress
) -> Report:
    """Read everything once and compare it with what its rows say; it may be in use meanwhile.

    What a crash left behind is removed after a day. ``repair``: damaged files are removed, so that
    the same upload mends them, and with them the results and masks that cannot be read any more.

    Raises:
        WorkspaceError: the workspace cannot be read, or not be written to.
    """
    with workspace.database.read() as db:
        problems = [
            f"The database is damaged ({text}); put a backup in its place."
            for (text,) in db.execute("PRAGMA integrity_check")
            if text != "ok"
        ]
        rows = list(db.execute("SELECT digest, bytes FROM blob ORDER BY digest"))
    sound = size = 0
    for number, (digest, wanted) in enumerate(rows):
        progress(number, len(rows))
        if _state(workspace, digest):
            problems += _problems(workspace, digest, repair)
        else:
            sound, size = sound + 1, size + wanted
    leftovers = _remove_leftovers(workspace)
    workspace.blobs.remove_unused(workspace.database)
    return Report(sound, size, leftovers, tuple(problems))


def _state(workspace: Workspace, digest: str) -> str:
    """Return what is wrong with a content, "" where nothing is."""
    path = workspace.blobs.path(digest)
    with in_words(workspace.folder):
        try:
            with path.open("rb") as data:
                found = hashlib.file_digest(data, "sha256").hexdigest()
        except FileNotFoundError:
            return "missing"
    return "" if found == digest else "damaged"


def _problems(workspace: Workspace, digest: str, repair: bool) -> list[str]:
    """Return what a missing or damaged content means."""
    with workspace.database.write() as db:
        # It may have been deleted, or added again, since the list of contents was read.
        state = _state(workspace, digest)
        if not state:
            return []
        found = [text for (text,) in db.execute(_CONCERNED.format(state), (digest,))]
        if repair:
            of_it = "SELECT result FROM result_file WHERE blob = ?"
            db.execute(f"DELETE FROM result WHERE id IN ({of_it})", (digest,))
            db.execute("UPDATE drawing SET mask = NULL WHERE mask = ?", (digest,))
            workspace.blobs.discard(digest)
    return found


def _remove_leftovers(workspace: Workspace) -> int:
    """Remove what a crash left: contents without a row and unfinished files, once old enough."""
    with in_words(workspace.folder):
        old = [path for path in _files(workspace) if _is_old(path)]
    if not old:
        return 0
    removed = 0
    # While nobody else can write the row that one of them may be waiting for.
    with workspace.database.write() as db:
        for path in old:
            if not db.execute("SELECT count(*) FROM blob WHERE digest = ?", (path.name,)).get:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _files(workspace: Workspace) -> Iterator[Path]:
    yield from workspace.blobs.unfinished.iterdir()
    yield from workspace.blobs.folder.glob("*/*")


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - ORPHAN_SECONDS
    except FileNotFoundError:
        return False
