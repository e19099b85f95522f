"""Batches of a user: images that are measured alike, each field with what was measured of it."""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core import typed
from core.errors import DataError, WorkspaceError
from core.execution import USUAL, RunChoice
from core.fields.record import from_json, to_json
from core.fields.settings import MeasureSettings
from core.segmentation.settings import ObjectSettings
from core.workspace.micrographs import NOT_THERE

if TYPE_CHECKING:
    import apsw

    from core.fields.result import FieldMeasurement
    from core.workspace.workspace import Workspace

MOST_FIELDS = 1000
GONE = "That batch is not in your library: it was deleted, or it belongs to somebody else."


@dataclass(frozen=True)
class Settings:
    """How every field of a batch is segmented and measured; ``run``: how the network runs."""

    objects: ObjectSettings = field(default_factory=ObjectSettings)
    measure: MeasureSettings = field(default_factory=MeasureSettings)
    run: RunChoice = USUAL


@dataclass(frozen=True)
class Batch:
    """A batch of ``owner``: ``fields`` images, ``measured`` of them done. ``groups``: the table
    that assigns fields to groups, b"" without one. ``created``: seconds since 1970."""

    id: str
    owner: str
    title: str
    model: str
    settings: Settings
    groups: bytes
    groups_name: str
    created: float
    fields: int
    measured: int


@dataclass(frozen=True, eq=False)
class BatchField:
    """One image of a batch. ``name``: of its file, unique in the
    batch. ``measured``: None before it is. ``run``: its
    run.json as a dict, empty before. ``overlay``: PNG, for the report; b"" before."""

    micrograph: str
    name: str
    measured: FieldMeasurement | None
    run: dict[str, Any]
    overlay: bytes


_SELECT = """
SELECT id, owner, title, model, settings, groups, groups_name, created,
    (SELECT count(*) FROM batch_field WHERE batch = batch.id),
    (SELECT count(*) FROM batch_field WHERE batch = batch.id AND measured IS NOT NULL)
FROM batch
"""


def begin(
    workspace: Workspace,
    owner: str,
    title: str,
    model: str,
    settings: Settings,
    micrographs: Sequence[str],
) -> Batch:
    """Keep a new batch of micrographs in the owner's library, by their ids, in this order.

    Raises:
        DataError: no image, or more than 1,000.
        WorkspaceError: ``owner`` has not all of them; the workspace cannot be written to.
    """
    chosen = tuple(dict.fromkeys(micrographs))
    if not 1 <= len(chosen) <= MOST_FIELDS:
        raise DataError(f"{len(chosen):,} images were chosen; a batch takes 1 to {MOST_FIELDS:,}.")
    new = secrets.token_hex(8)
    with workspace.database.write() as db:
        known = db.execute(
            "SELECT count(*) FROM micrograph WHERE owner = ?"
            " AND id IN (SELECT value FROM json_each(?))",
            (owner, json.dumps(chosen)),
        ).get
        if known != len(chosen):
            raise WorkspaceError(NOT_THERE)
        db.execute(
            "INSERT INTO batch (id, owner, title, model, settings, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (new, owner, title, model, json.dumps(asdict(settings)), time.time()),
        )
        db.executemany(
            "INSERT INTO batch_field (batch, micrograph, position) VALUES (?, ?, ?)",
            [(new, one, position) for position, one in enumerate(chosen)],
        )
    found = find(workspace, owner, new)
    assert found is not None
    return found


def find(workspace: Workspace, owner: str, batch: str) -> Batch | None:
    """Return the batch of this id; None where ``owner`` has none of it."""
    with workspace.database.read() as db:
        rows = list(db.execute(f"{_SELECT} WHERE owner = ? AND id = ?", (owner, batch)))
    return _batch(rows[0]) if rows else None


def listed(workspace: Workspace, owner: str) -> tuple[Batch, ...]:
    """Return the batches of ``owner``, the newest first."""
    with workspace.database.read() as db:
        rows = list(db.execute(f"{_SELECT} WHERE owner = ? ORDER BY created DESC", (owner,)))
    return tuple(map(_batch, rows))


def fields(workspace: Workspace, owner: str, batch: str) -> tuple[BatchField, ...]:
    """Return the fields of a batch in their order; none where ``owner`` has no such batch."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                "SELECT micrograph, name, micrograph.title, measured, run, overlay FROM batch_field"
                " JOIN batch ON batch.id = batch JOIN micrograph ON micrograph.id = micrograph"
                " WHERE batch = ? AND batch.owner = ? ORDER BY position",
                (batch, owner),
            )
        )
    names = _unique_names([(name, title) for _, name, title, *_ in rows])
    return tuple(
        BatchField(
            micrograph,
            name,
            None if measured is None else _measured(measured, name),
            {} if run is None else json.loads(zlib.decompress(run)),
            overlay or b"",
        )
        for name, (micrograph, _, _, measured, run, overlay) in zip(names, rows, strict=True)
    )


def _measured(packed: bytes, name: str) -> FieldMeasurement:
    return replace(from_json(zlib.decompress(packed).decode()), name=name)


def _unique_names(named: Sequence[tuple[str, str]]) -> list[str]:
    """Return a name for each (name, title): the title where several have one name, as that holds
    the folder that they came from, and a number where that is one too."""
    alike = Counter(name for name, _ in named)
    names = [name if alike[name] == 1 else title for name, title in named]
    taken: Counter[str] = Counter()
    found = []
    for name in names:
        taken[name] += 1
        found.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return found


def note(
    db: apsw.Connection,
    batch: str,
    micrograph: str,
    measured: FieldMeasurement,
    run: bytes,
    overlay: bytes,
) -> None:
    """Write what was measured of a field into an open transaction; ``run``: its run.json.

    Where the batch was deleted meanwhile nothing is written.
    """
    db.execute(
        "UPDATE batch_field SET measured = ?, run = ?, overlay = ?"
        " WHERE batch = ? AND micrograph = ?",
        (
            zlib.compress(to_json(measured).encode()),
            zlib.compress(run),
            overlay,
            batch,
            micrograph,
        ),
    )


def group(workspace: Workspace, owner: str, batch: str, table: bytes, name: str) -> None:
    """Keep the table that assigns the fields to groups; b"" removes it."""
    with workspace.database.write() as db:
        db.execute(
            "UPDATE batch SET groups = ?, groups_name = ? WHERE owner = ? AND id = ?",
            (table or None, name, owner, batch),
        )


def delete(workspace: Workspace, owner: str, batch: str) -> None:
    """Delete a batch; its images and their results stay.

    Raises:
        WorkspaceError: ``owner`` has no such batch.
    """
    with workspace.database.write() as db:
        db.execute("DELETE FROM batch WHERE owner = ? AND id = ?", (owner, batch))
        if not db.changes():
            raise WorkspaceError(GONE)


def _batch(row: tuple[Any, ...]) -> Batch:
    new, owner, title, model, settings, groups, groups_name, created, count, measured = row
    return Batch(
        new,
        owner,
        title,
        model,
        typed.read(Settings, json.loads(settings)),
        groups or b"",
        groups_name,
        created,
        count,
        measured,
    )
