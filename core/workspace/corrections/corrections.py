"""What users corrected in their results: a log that only grows, and snapshots of where it led to.

:mod:`core.workspace.corrections.open_correction` goes on with one.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import apsw

from core import typed
from core.analysis.analysis import Analysis
from core.by_hand import ByHand
from core.correction import codec
from core.correction.codec import Step
from core.correction.corrected import counts
from core.correction.state import CorrectionState
from core.correction.state import begin as begin_state
from core.errors import WorkspaceError
from core.segmentation.settings import ObjectSettings
from core.workspace import quota
from core.workspace.corrections import snapshot
from core.workspace.workspace import Workspace

NOT_THERE = "These corrections are not in your library: their result was deleted."


@dataclass(frozen=True)
class Head:
    """The corrections of the ``result`` with this id.

    ``revision``: of the last step. ``counts``: see :class:`core.by_hand.ByHand`.
    ``object_settings``: how the objects were found that it began with. ``created``, ``saved``:
    seconds since 1970.
    """

    result: str
    owner: str
    revision: int
    counts: ByHand
    object_settings: ObjectSettings
    created: float
    saved: float


def find(workspace: Workspace, owner: str, result: str) -> Head | None:
    """Return the corrections of a result; None where ``owner`` has none of it."""
    with workspace.database.read() as db:
        row = db.execute(
            "SELECT revision, counts, object_settings, correction.created, saved FROM correction"
            " JOIN result ON id = result WHERE owner = ? AND id = ?",
            (owner, result),
        ).fetchone()
    if row is None:
        return None
    revision, counted, settings, created, saved = row
    return Head(
        *(result, owner, revision, read_counts(counted)),
        *(typed.read(ObjectSettings, json.loads(settings)), created, saved),
    )


def read_counts(text: str) -> ByHand:
    """Return the counts in a row."""
    return typed.read(ByHand, json.loads(text))


def begin(workspace: Workspace, owner: str, result: str, analysis: Analysis) -> Head:
    """Begin to correct ``analysis``, the result of this id as it is shown, or find what was begun.

    Raises:
        WorkspaceError: ``owner`` has no such result; the quota or the disk is full.
    """
    found = find(workspace, owner, result)
    if found is None:
        state = begin_state(analysis)
        data = snapshot.encode(state)
        insert(workspace, owner, result, analysis.object_settings, data, state, ())
        found = find(workspace, owner, result)
    if found is None:
        raise WorkspaceError(NOT_THERE)
    return found


def insert(
    workspace: Workspace,
    owner: str,
    result: str,
    settings: ObjectSettings,
    first: bytes,
    state: CorrectionState,
    steps: Sequence[Step],
) -> None:
    """Keep corrections of a result that has none: a snapshot of how they began, ``first``, and the
    ``steps`` that led to ``state``.

    Raises:
        WorkspaceError: as of :func:`begin`.
    """
    packed, now = [pack(step) for step in steps], time.time()
    size = len(first) + sum(map(len, packed))
    counted = json.dumps(asdict(counts(state)))

    def rows(db: apsw.Connection, digests: Mapping[str, str]) -> None:
        quota.check_owner(db, workspace, owner, size)
        values = json.dumps(asdict(settings)), len(steps), counted, size, now, now
        db.execute(
            "INSERT INTO correction SELECT id, ?, ?, ?, ?, ?, ? FROM result"
            " WHERE owner = ? AND id = ? ON CONFLICT DO NOTHING",
            (*values, owner, result),
        )
        if db.changes():
            add_snapshot(db, result, 0, digests["first"])
            for revision, (step, data) in enumerate(zip(steps, packed, strict=True), 1):
                add_step(db, result, revision, step, data)

    workspace.blobs.save(workspace.database, {"first": first}, rows)


def discard(workspace: Workspace, owner: str, result: str) -> int:
    """Forget all corrections of a result, which is the model's again; return the bytes freed."""
    with workspace.database.write() as db:
        db.execute(
            "DELETE FROM correction WHERE result IN"
            " (SELECT id FROM result WHERE owner = ? AND id = ?)",
            (owner, result),
        )
    return workspace.blobs.remove_unused(workspace.database)


def beginning(workspace: Workspace, head: Head) -> CorrectionState:
    """Return what the corrections began with.

    Raises:
        WorkspaceError: it is missing or damaged.
    """
    for revision, digest in snapshots(workspace, head.result):
        if revision == 0:
            return snapshot.decode(workspace.blobs.read(digest))
    raise WorkspaceError(
        "How these corrections began is not known any more, as its file was damaged; what was "
        "corrected stays, and nothing can be learned from it."
    )


# ---- rows of the log


def pack(step: Step) -> bytes:
    """Return a step as its row has it."""
    return zlib.compress(codec.encode_step(step), 1)


def add_step(db: apsw.Connection, result: str, revision: int, step: Step, packed: bytes) -> None:
    """Add a step to the log, in the open transaction ``db``."""
    db.execute(
        "INSERT INTO correction_step VALUES (?, ?, ?, ?, ?, ?)",
        (result, revision, step.serial, step.kind, packed, time.time()),
    )


def add_snapshot(db: apsw.Connection, result: str, revision: int, digest: str) -> None:
    """Note a snapshot, in the open transaction ``db``, in place of all but the first."""
    db.execute("DELETE FROM correction_snapshot WHERE result = ? AND revision > 0", (result,))
    db.execute(
        "INSERT OR REPLACE INTO correction_snapshot VALUES (?, ?, ?)", (result, revision, digest)
    )


def step(workspace: Workspace, result: str, revision: int) -> Step:
    """Return a step of the log.

    Raises:
        WorkspaceError: it is not there.
    """
    for found in steps_after(workspace, result, revision - 1, limit=1):
        return found
    raise WorkspaceError(NOT_THERE)


def steps_after(
    workspace: Workspace, result: str, revision: int, limit: int = -1
) -> Iterator[Step]:
    """Yield the steps of the log after a revision, in order."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                "SELECT data FROM correction_step WHERE result = ? AND revision > ?"
                " ORDER BY revision LIMIT ?",
                (result, revision, limit),
            )
        )
    for (data,) in rows:
        yield from codec.decode_steps(zlib.decompress(data))


def kinds(workspace: Workspace, result: str, until: int) -> tuple[tuple[int, str], ...]:
    """Return revision and kind of the steps of the log up to a revision, in order."""
    with workspace.database.read() as db:
        rows = db.execute(
            "SELECT revision, kind FROM correction_step WHERE result = ? AND revision <= ?"
            " ORDER BY revision",
            (result, until),
        )
        return tuple((revision, kind) for revision, kind in rows)


def snapshots(workspace: Workspace, result: str) -> tuple[tuple[int, str], ...]:
    """Return revision and digest of the snapshots, the newest first."""
    with workspace.database.read() as db:
        rows = db.execute(
            "SELECT revision, blob FROM correction_snapshot WHERE result = ?"
            " ORDER BY revision DESC",
            (result,),
        )
        return tuple((revision, digest) for revision, digest in rows)
