"""Trainings of a user: the images, what was asked for, where it stands, and what it gave."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import typed
from core.errors import WorkspaceError
from core.training.fine_tuning.images import Origin, TeachingImage, pack, unpack
from core.training.fine_tuning.tested import Forgetting, HeldOut, HeldOutImage
from core.training.progress import CurvePoint
from core.types.segmentation import Phase
from core.workspace import quota
from core.workspace.trouble import in_words

if TYPE_CHECKING:
    import apsw

    from core.workspace.workspace import Workspace

FOLDER = "trainings"
GONE = "That training is not in your library: it was deleted, or it belongs to somebody else."
LONGEST_TITLE = 100


@dataclass(frozen=True)
class Settings:
    """What a user asked for. ``start``: a model by its name, or "imagenet"; others as of
    :class:`core.training.fine_tuning.start.Task`. ``test``: None for the usual one."""

    start: str
    phases: tuple[Phase, ...]
    same_phases: bool
    objects_phase: int | None = None
    minutes: float = 15.0
    test: HeldOut | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of the images of a training without reading them. ``phases``: named so far, the
    ones in the labels; ``base``: the model whose results were corrected, "" of masks."""

    origins: tuple[Origin, ...]
    phases: tuple[Phase, ...]
    instances: bool
    objects_phase: int | None = None
    base: str = ""
    known_pixels: tuple[int, ...] = ()

    @property
    def specimens(self) -> int:
        """How many there are."""
        return len({one.specimen for one in self.origins})


def facts_of(
    images: Sequence[TeachingImage],
    phases: tuple[Phase, ...],
    objects_phase: int | None,
    base: str = "",
) -> Facts:
    """Return what is known of images without reading them again."""
    return Facts(
        tuple(one.origin for one in images),
        phases,
        any(one.instances is not None for one in images),
        objects_phase,
        base,
        tuple(int(one.known.sum()) for one in images),
    )


@dataclass(frozen=True)
class Standing:
    """Where a training stands: in which of its ``runs``, from 0, at which step, and its curve."""

    run: int
    runs: int
    step: int
    steps: int
    seconds: float
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True)
class Result:
    """What a training gave; fields as of :class:`core.training.fine_tuning.run.Taught` and
    :class:`core.training.fine_tuning.lesson.Lesson`. ``start_sha256``: of the weights that it
    started from. ``object_outputs``: whether touching objects are told apart."""

    test: HeldOut
    tested: tuple[HeldOutImage, ...]
    forgetting: Forgetting | None
    mix: float
    scale: float
    step: int
    seconds: float
    score: float
    before: float | None
    curve: tuple[CurvePoint, ...]
    start_sha256: str
    object_outputs: bool


@dataclass(frozen=True, eq=False)
class Training:
    """A training of ``owner``. ``settings``: None before it was begun. ``weights``: SHA-256 of what
    it gave. ``created``: seconds since 1970."""

    id: str
    owner: str
    title: str
    settings: Settings | None
    images: str
    facts: Facts
    standing: Standing | None
    result: Result | None
    weights: str | None
    created: float

    @property
    def key(self) -> str:
        """Of its job."""
        return f"training {self.id}"


_SELECT = (
    "SELECT id, owner, title, settings, images, facts, progress, result, weights, created"
    " FROM training"
)


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
        rows = list(db.execute(f"{_SELECT} WHERE owner = ? AND id = ?", (owner, training)))
    return _training(rows[0]) if rows else None


def listed(workspace: Workspace, owner: str) -> tuple[Training, ...]:
    """Return the trainings of ``owner``, the newest first."""
    with workspace.database.read() as db:
        rows = list(db.execute(f"{_SELECT} WHERE owner = ? ORDER BY created DESC", (owner,)))
    return tuple(map(_training, rows))


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


def _training(row: tuple[Any, ...]) -> Training:
    new, owner, title, settings, digest, facts, progress, result, weights, created = row
    return Training(
        new,
        owner,
        title,
        _read(Settings, settings),
        digest,
        _read(Facts, facts),
        _read(Standing, progress),
        _read(Result, result),
        weights,
        created,
    )


def _read(kind: type, text: str | None) -> Any:
    return None if text is None else typed.read(kind, json.loads(text))
