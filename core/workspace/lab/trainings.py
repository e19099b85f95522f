"""The trainings of a user: kept, begun, gone on with, finished, deleted."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import WorkspaceError
from core.training.fine_tuning.images import TeachingImage, pack, unpack
from core.workspace import quota
from core.workspace.disk.trouble import in_words
from core.workspace.lab.training import (
    SELECT,
    Facts,
    Result,
    Settings,
    Standing,
    Training,
    training_of,
)

if TYPE_CHECKING:
    import apsw

    from core.workspace.workspace import Workspace

FOLDER = "trainings"
GONE = "That training is not in your library: it was deleted, or it belongs to somebody else."
LONGEST_TITLE = 100


def add(
    workspace: Workspace, owner: str, title: str, images: Sequence[TeachingImage], facts: Facts
) -> Training:
    """Keep the images of a training to come, and return it.

    Raises:
        WorkspaceError: the quota or the disk is full.
    """
    data = pack(images)
    quota.check(workspace, owner, len(data))
    new = secrets.token_hex(8)

    def insert(db: apsw.Connection, digests: Mapping[str, str]) -> None:
        quota.check_owner(db, workspace, owner, len(data))
        db.execute(
            "INSERT INTO training (id, owner, title, images, facts, bytes, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(new, owner, title[:LONGEST_TITLE], digests["images"]),
                *(json.dumps(asdict(facts)), len(data), time.time()),
            ),
        )

    workspace.blobs.save(workspace.database, {"images": data}, insert)
    return _must(workspace, owner, new)


def find(workspace: Workspace, owner: str, training: str) -> Training | None:
    """Return the training of this id; None where ``owner`` has none of it."""
    with workspace.database.read() as db:
        rows = list(db.execute(f"{SELECT} WHERE owner = ? AND id = ?", (owner, training)))
    return training_of(rows[0]) if rows else None


def listed(workspace: Workspace, owner: str) -> tuple[Training, ...]:
    """Return the trainings of ``owner``, the newest first."""
    with workspace.database.read() as db:
        rows = list(db.execute(f"{SELECT} WHERE owner = ? ORDER BY created DESC", (owner,)))
    return tuple(map(training_of, rows))


def images(workspace: Workspace, training: Training) -> tuple[TeachingImage, ...]:
    """Return the images of a training.

    Raises:
        WorkspaceError: their file is missing or damaged.
        DataError: as of :func:`core.training.fine_tuning.images.unpack`.
    """
    return unpack(workspace.blobs.read(training.images))


def set_facts(workspace: Workspace, training: Training, facts: Facts) -> None:
    """Note other names of phases, or other specimens, before a training is begun."""
    with workspace.database.write() as db:
        db.execute(
            "UPDATE training SET facts = ? WHERE owner = ? AND id = ? AND settings IS NULL",
            (json.dumps(asdict(facts)), training.owner, training.id),
        )


def begin(workspace: Workspace, training: Training, settings: Settings) -> Training:
    """Note what is asked for; a training that was begun with something else begins anew.

    Raises:
        WorkspaceError: it is gone.
    """
    if training.settings not in (None, settings):
        _forget_folder(workspace, training.id)
    with workspace.database.write() as db:
        db.execute(
            "UPDATE training SET settings = ?, result = NULL, weights = NULL WHERE owner = ?"
            " AND id = ?",
            (json.dumps(asdict(settings)), training.owner, training.id),
        )
    return _must(workspace, training.owner, training.id)


def reopen(workspace: Workspace, training: Training) -> None:
    """Take back what was asked for, so that it can be asked for otherwise; what it gave goes."""
    _forget_folder(workspace, training.id)
    with workspace.database.write() as db:
        db.execute(
            "UPDATE training SET settings = NULL, progress = NULL, result = NULL, weights = NULL"
            " WHERE owner = ? AND id = ?",
            (training.owner, training.id),
        )
    workspace.blobs.remove_unused(workspace.database)


def note(workspace: Workspace, training: str, standing: Standing) -> None:
    """Note where a training stands."""
    with workspace.database.write(durable=False) as db:
        db.execute(
            "UPDATE training SET progress = ? WHERE id = ?",
            (json.dumps(asdict(standing)), training),
        )


def finish(
    db: apsw.Connection, workspace: Workspace, training: str, result: Result, weights: str
) -> None:
    """Write what a training gave into the open transaction that ends its job; ``weights``: SHA-256
    of a content that was added. Where it was deleted meanwhile nothing is written."""
    if not db.execute("SELECT count(*) FROM training WHERE id = ?", (training,)).get:
        return
    size = workspace.blobs.keep(db, weights)
    db.execute(
        "UPDATE training SET result = ?, weights = ?, bytes = bytes + ? WHERE id = ?",
        (json.dumps(asdict(result)), weights, size, training),
    )


def delete(workspace: Workspace, owner: str, training: str) -> None:
    """Delete a training with its images; a model that was kept of it stays.

    Raises:
        WorkspaceError: ``owner`` has no such training.
    """
    with workspace.database.write() as db:
        db.execute("DELETE FROM training WHERE owner = ? AND id = ?", (owner, training))
        if not db.changes():
            raise WorkspaceError(GONE)
    _forget_folder(workspace, training)
    workspace.blobs.remove_unused(workspace.database)


def folder(workspace: Workspace, training: str) -> Path:
    """Return where a training keeps what it goes on from; it can be made again."""
    return workspace.folder / FOLDER / training


def tidy(workspace: Workspace) -> None:
    """Remove what trainings that are over, or gone, would go on from."""
    place = workspace.folder / FOLDER
    if not place.is_dir():
        return
    with workspace.database.read() as db:
        query = "SELECT id FROM training WHERE settings NOT NULL AND result IS NULL"
        going = {one for (one,) in db.execute(query)}
    for path in place.iterdir():
        if path.name not in going:
            _forget_folder(workspace, path.name)


def _forget_folder(workspace: Workspace, training: str) -> None:
    with in_words(workspace.folder):
        shutil.rmtree(folder(workspace, training), ignore_errors=True)


def _must(workspace: Workspace, owner: str, training: str) -> Training:
    found = find(workspace, owner, training)
    if found is None:
        raise WorkspaceError(GONE)
    return found
