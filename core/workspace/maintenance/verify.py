"""Whether a workspace is sound: its database, and each row's content on the disk."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.progress import ProgressCallback, no_progress
from core.workspace.disk.trouble import beside_contents, files
from core.workspace.maintenance import leftovers
from core.workspace.workspace import Workspace

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
UNION ALL
SELECT 'The corrections of the result ' || result.title || ' of ' || micrograph.title || ' ('
    || result.owner || ') have a file that is {0}' || CASE
    WHEN (SELECT count(*) FROM correction_snapshot WHERE result = result.id) > 1
    THEN '; another one leads to the same, so that --repair loses nothing.'
    ELSE ' and cannot be read; correct it again.' END
FROM result JOIN micrograph ON micrograph.id = result.micrograph
WHERE result.id IN (SELECT result FROM correction_snapshot WHERE blob = ?1)
UNION ALL
SELECT 'The model ' || name || ' (' || owner || ') is {0}; train or import it again.' FROM lab_model
WHERE weights = ?1
UNION ALL
SELECT 'The training ' || title || ' (' || owner || ') has a file that is {0}; begin it again.'
FROM training WHERE ?1 IN (images, weights)
"""


@dataclass(frozen=True)
class Report:
    """``files``, ``bytes``: contents that are sound. ``leftovers``: files without a row,
    ``removed``: how many of them are gone now. ``problems``: sentences, each with what to do."""

    files: int
    bytes: int
    leftovers: int
    removed: int
    problems: tuple[str, ...]


def verify(
    workspace: Workspace, repair: bool = False, progress: ProgressCallback = no_progress
) -> Report:
    """Read everything once and compare it with what its rows say; it may be in use meanwhile.

    ``repair``: damaged files are removed, so that the same upload mends them, and with them the
    results, masks, corrections and models that cannot be read any more; and what a crash left
    behind a day ago or earlier. Without it nothing is removed.

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
        if workspace.blobs.state(digest):
            problems += _problems(workspace, digest, repair)
        else:
            sound, size = sound + 1, size + wanted
    if repair:
        workspace.blobs.remove_unused(workspace.database)
    left, removed, told = _leftovers(workspace, not rows, repair)
    return Report(sound, size, left, removed, (*problems, *told))


def _problems(workspace: Workspace, digest: str, repair: bool) -> list[str]:
    """Return what a missing or damaged content means."""
    with workspace.database.write() as db:
        # It may have been deleted, or added again, since the list of contents was read.
        state = workspace.blobs.state(digest)
        if not state:
            return []
        found = [text for (text,) in db.execute(_CONCERNED.format(state), (digest,))]
        if repair:
            of_it = "SELECT result FROM result_file WHERE blob = ?"
            db.execute(f"DELETE FROM result WHERE id IN ({of_it})", (digest,))
            db.execute("DELETE FROM correction_snapshot WHERE blob = ?", (digest,))
            kept = "SELECT result FROM correction_snapshot"
            db.execute(f"DELETE FROM correction WHERE result NOT IN ({kept})")
            db.execute("DELETE FROM lab_model WHERE weights = ?", (digest,))
            db.execute("DELETE FROM training WHERE ?1 IN (images, weights)", (digest,))
            db.execute("UPDATE drawing SET mask = NULL WHERE mask = ?", (digest,))
            workspace.blobs.discard(digest)
    return found


def _leftovers(workspace: Workspace, names_none: bool, repair: bool) -> tuple[int, int, list[str]]:
    """Return how many files have no row, how many of them were removed, and what to do about it."""
    contents = leftovers.unnamed(workspace, young=names_none)
    if names_none and contents:
        # Of a database that was lost: with one of a backup they are what users kept.
        return len(contents), 0, [beside_contents(len(contents), "its database names none")]
    found = (*contents, *leftovers.unfinished(workspace))
    if repair and found:
        return len(found), leftovers.remove(workspace, found), []
    problem = f"{files(len(found))} without a row, left by a crash: remove with --repair."
    return len(found), 0, [problem] if found else []
