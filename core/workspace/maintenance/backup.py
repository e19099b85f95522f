"""A copy of a workspace, taken while it is in use, that is a workspace itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import WorkspaceError
from core.types.progress import ProgressCallback, no_progress
from core.workspace.disk.blobs import Blobs
from core.workspace.disk.database import Database
from core.workspace.disk.files import Files
from core.workspace.disk.trouble import beside_contents, in_words
from core.workspace.maintenance import leftovers
from core.workspace.workspace import DATABASE, Workspace

SECRET = "secret"
"""What signs the cookies by which browsers are known again."""


@dataclass(frozen=True)
class Backup:
    """``files``, ``bytes``: of all contents. ``copied``: files that were new. ``problems``: what
    could not be copied, in sentences."""

    files: int
    bytes: int
    copied: int
    problems: tuple[str, ...]


def backup(workspace: Workspace, folder: Path, progress: ProgressCallback = no_progress) -> Backup:
    """Copy the workspace into ``folder``, new or with an earlier backup in it.

    The database comes first, by ``VACUUM INTO``, then the contents that it names: they never
    change, and what is deleted meanwhile stays until the copy is whole. So it is of one moment, and
    a second backup copies only what is new. The database gets its name at the end. To restore, put
    the folder in the place of the workspace.

    Raises:
        WorkspaceError: a folder with other files, one inside the workspace, or one that cannot be
            written to; a database that names none of the contents, as its copy would replace what
            an earlier backup holds.
    """
    _check(workspace, folder)
    files, blobs = Files(), Blobs(folder)
    unfinished = blobs.unfinished / DATABASE
    with in_words(folder):
        files.remove(unfinished)
    with workspace.blobs.all_kept():
        workspace.database.copy(unfinished)
        named = _named(unfinished)
        if not named and (left := leftovers.unnamed(workspace, young=True)):
            raise WorkspaceError(beside_contents(len(left), "its database names none"))
        copied, problems = _copy(workspace, blobs, named, progress)
    workspace.blobs.remove_unused(workspace.database)
    with in_words(folder):
        _copy_secret(workspace, blobs)
        files.sync_file(unfinished)
        # Of somebody who opened the backup: the log of another database.
        for ending in ("-wal", "-shm"):
            files.remove(folder / f"{DATABASE}{ending}")
        files.rename(unfinished, folder / DATABASE)
        files.sync_folder(folder)
        for path in blobs.folder.glob("*/*"):
            if path.name not in named:
                files.remove(path)
    return Backup(len(named), sum(named.values()), copied, tuple(problems))


def _check(workspace: Workspace, folder: Path) -> None:
    here, there = workspace.folder.resolve(), folder.resolve()
    if here in (there, *there.parents):
        raise WorkspaceError(f"{folder} lies in the workspace itself; name a folder elsewhere.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "blobs").is_dir():
        raise WorkspaceError(f"{folder} holds other files; name a new folder, or one of a backup.")


def _named(path: Path) -> dict[str, int]:
    """Return the bytes of each content, by SHA-256, that the copied database names."""
    copy = Database(path)
    with copy.read() as db:
        named = dict(db.execute("SELECT digest, bytes FROM blob"))
    copy.close()
    return named


def _copy(
    workspace: Workspace, blobs: Blobs, named: dict[str, int], progress: ProgressCallback
) -> tuple[int, list[str]]:
    copied, problems = 0, []
    for number, (digest, size) in enumerate(named.items()):
        progress(number, len(named))
        path = blobs.path(digest)
        if path.is_file() and path.stat().st_size == size:
            continue
        try:
            blobs.add_stream(workspace.blobs.stream(digest), digest)
            copied += 1
        except WorkspaceError as error:
            problems.append(str(error))
    return copied, problems


def _copy_secret(workspace: Workspace, blobs: Blobs) -> None:
    path = workspace.folder / SECRET
    if path.is_file():
        digest = blobs.add(path.read_bytes())
        blobs.path(digest).replace(blobs.folder.parent / SECRET)
