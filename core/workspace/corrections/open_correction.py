"""Corrections that are gone on with.

A step is on the disk before it is confirmed, so that whatever ends the server loses none that was.
Each builds on the revision before it: one that builds on an older one is refused, so that two tabs
on one image overwrite nothing of each other.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import apsw

from core.analysis.analysis import Analysis
from core.analysis.remeasure import regroup
from core.by_hand import ByHand
from core.correction import changes, codec
from core.correction.codec import Step
from core.correction.corrected import corrected, counts
from core.correction.history import REDO, UNDO, History
from core.correction.measured import ObjectTable, phase_table
from core.correction.replay import concerned_change
from core.correction.state import CorrectionState
from core.errors import LamellaError, StaleError, WorkspaceError
from core.types.micrograph import Micrograph
from core.workspace import quota
from core.workspace.corrections import corrections, snapshot
from core.workspace.corrections.corrections import NOT_THERE, Head
from core.workspace.disk.blobs import DamagedError
from core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

STALE = (
    "This image was corrected elsewhere meanwhile, perhaps in another tab. Nothing was "
    "overwritten; reload the page to go on from there."
)
SHOWN_STEPS = 100
"""As many steps back, and as many again forth, a browser is told of."""
REPLAYED_STEPS = 100
"""Once more than these were made again to open an image, a snapshot is written."""


def open_correction(workspace: Workspace, owner: str, result: str) -> OpenCorrection:
    """Return the corrections of a result, to be gone on with.

    Raises:
        WorkspaceError: ``owner`` has none of it; its files are missing or damaged.
    """
    head = corrections.find(workspace, owner, result)
    if head is None:
        raise WorkspaceError(NOT_THERE)
    found: OpenCorrection | None = None
    error: LamellaError = DamagedError()
    for revision, digest in corrections.snapshots(workspace, result):
        try:
            state = snapshot.decode(workspace.blobs.read(digest))
        except WorkspaceError as damaged:
            # An older one leads to the same, with more steps made again.
            error = damaged
            continue
        history = History.of(corrections.kinds(workspace, result, revision))
        found = OpenCorrection(workspace, head, state, history, revision)
        break
    if found is None:
        raise error
    if found.catch_up() > REPLAYED_STEPS:
        found.save_snapshot()
    return found


class OpenCorrection:
    """Corrections in memory and on disk; safe between threads, and beside other processes.

    ``revision``: of the last step that is made here.
    """

    def __init__(
        self,
        workspace: Workspace,
        head: Head,
        state: CorrectionState,
        history: History,
        revision: int,
    ) -> None:
        """Take the state of a revision; :func:`open_correction` brings it up to date."""
        self.head, self.state, self.revision = head, state, revision
        self.workspace, self._history = workspace, history
        self._lock = threading.RLock()
        self._table: ObjectTable | None = None
        self._unmeasured: set[int] = set()

    # ---- what there is

    @property
    def counts(self) -> ByHand:
        """What was corrected."""
        with self._lock:
            return counts(self.state)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.state.nbytes

    @property
    def is_changed(self) -> bool:
        """Whether a step is made that is not undone."""
        return bool(self._history.done)

    def encoded(self, objects_phase: int | None = None) -> bytes:
        """Return all that a browser needs, see :mod:`core.correction.codec`.

        ``objects_phase``: index of the phase that the model counts objects of.
        """
        with self._lock:
            self.catch_up()
            undo, redo = (
                [self._step(one) for one in steps[-SHOWN_STEPS:]]
                for steps in (self._history.done, self._history.undone)
            )
            return codec.encode_state(self.state, self.revision, objects_phase, undo, redo)

    def table(self, micrograph: Micrograph) -> pd.DataFrame:
        """Return the table of objects; those that changed since it was last asked for are measured
        anew. ``micrograph``: that was corrected, with its pixel size."""
        with self._lock:
            return self._measured(micrograph).table(self.state)

    def phases(self, micrograph: Micrograph) -> pd.DataFrame:
        """Return how much of the image each phase covers."""
        with self._lock:
            return phase_table(self.state, micrograph.pixel_size)

    def corrected(self, analysis: Analysis) -> Analysis:
        """Return the result with the corrections in it; ``analysis``: without any.

        Raises:
            WorkspaceError: it is of another image or other phases.
        """
        settings = self.head.object_settings
        if analysis.object_settings != settings:
            analysis = regroup(analysis, settings)
        phases = analysis.segmentation.phases
        with self._lock:
            state = self.state
            if analysis.objects.shape != state.shape or phases != state.phases:
                raise WorkspaceError(
                    f"The corrections of {analysis.micrograph.name} are of another image or of "
                    "other phases; discard them to see the model's result."
                )
            found = corrected(analysis, state, self._measured(analysis.micrograph))
            assert found.by_hand is not None
            return replace(found, by_hand=replace(found.by_hand, revision=self.revision))

    def _measured(self, micrograph: Micrograph) -> ObjectTable:
        table = self._table
        if table is None or table.micrograph.pixel_size != micrograph.pixel_size:
            table = self._table = ObjectTable(self.state, micrograph)
        elif self._unmeasured:
            table.update(self.state, self._unmeasured)
        self._unmeasured = set()
        return table

    # ---- what is done

    def apply(self, data: bytes) -> int:
        """Make the steps in ``data``, all or none of them, keep them, and return the revision.

        A step that is in the log already, by its serial, is not made again.

        Raises:
            StaleError: they build on another revision than the last one.
            CorrectionError: they are no steps of this image.
            WorkspaceError: they cannot be kept: the result was deleted, or the quota or the disk is
                full.
        """
        steps = codec.decode_steps(data)
        with self._lock:
            self.catch_up()
            new, base = self._new(steps)
            if not new:
                return base
            follow = all(step.base == base + number for number, step in enumerate(new))
            if base != self.revision or not follow:
                raise StaleError(STALE)
            before = self._history, self.revision, self.state.next_id
            made: list[changes.Change] = []
            try:
                for step in new:
                    made.append(self._advance(step, new, is_new=True))
                self._keep(new)
            except BaseException:
                for change in reversed(made):
                    changes.apply(self.state, change.reversed())
                self._history, self.revision, self.state.next_id = before
                raise
            return self.revision

    def catch_up(self) -> int:
        """Make the steps that others added to the log since, and return how many."""
        with self._lock:
            found = 0
            result = self.head.result
            for step in corrections.steps_after(self.workspace, result, self.revision):
                self._advance(step)
                found += 1
            return found

    def save_snapshot(self) -> None:
        """Keep the whole of this revision, so that the next opening is quick.

        Raises:
            WorkspaceError: the disk is full, or the result was deleted.
        """
        with self._lock:
            revision, data = self.revision, snapshot.encode(self.state)

        def insert(db: apsw.Connection, digests: Mapping[str, str]) -> None:
            self._check_there(db)
            corrections.add_snapshot(db, self.head.result, revision, digests["snapshot"])

        blobs = self.workspace.blobs
        blobs.save(self.workspace.database, {"snapshot": data}, insert)

    def _new(self, steps: Sequence[Step]) -> tuple[Sequence[Step], int]:
        """Return the steps that are not in the log yet, and the revision that they build on."""
        base = steps[0].base
        with self.workspace.database.read() as db:
            for number, step in enumerate(steps):
                row = db.execute(
                    "SELECT revision FROM correction_step WHERE result = ? AND serial = ?",
                    (self.head.result, step.serial),
                ).fetchone()
                if row is None:
                    return [_bare(one) for one in steps[number:]], base
                (base,) = row
        return (), base

    def _advance(
        self, step: Step, beside: Sequence[Step] = (), is_new: bool = False
    ) -> changes.Change:
        """Make a step in memory and return what it changed. ``beside``: steps that are not in the
        log yet; ``is_new``: it is one of them."""
        revision, history = self.revision + 1, self._history
        concerned = history.concerned(revision, step.kind)
        change = step.change
        if concerned != revision:
            change = concerned_change(step, self._step(concerned, beside))
        elif is_new:
            changes.check_new(self.state, change)
        changes.apply(self.state, change)
        self._history, self.revision = history.after(revision, step.kind), revision
        self._unmeasured |= change.ids
        return change

    def _step(self, revision: int, beside: Sequence[Step] = ()) -> Step:
        for step in beside:
            if step.base + 1 == revision:
                return step
        return corrections.step(self.workspace, self.head.result, revision)

    def _keep(self, steps: Sequence[Step]) -> None:
        result, now = self.head.result, time.time()
        packed = [corrections.pack(step) for step in steps]
        size, counted = sum(map(len, packed)), json.dumps(asdict(counts(self.state)))
        with self.workspace.database.write() as db:
            self._check_there(db)
            quota.check_owner(db, self.workspace, self.head.owner, size)
            db.execute(
                "UPDATE correction SET revision = ?, counts = ?, bytes = bytes + ?, saved = ?"
                " WHERE result = ? AND revision = ?",
                (self.revision, counted, size, now, result, self.revision - len(steps)),
            )
            if not db.changes():
                raise StaleError(STALE)
            for step, data in zip(steps, packed, strict=True):
                corrections.add_step(db, result, step.base + 1, step, data)

    def _check_there(self, db: apsw.Connection) -> None:
        query = (
            "SELECT count(*) FROM correction JOIN result ON id = result WHERE owner = ? AND id = ?"
        )
        if not db.execute(query, (self.head.owner, self.head.result)).get:
            raise WorkspaceError(NOT_THERE)


def _bare(step: Step) -> Step:
    """Return a step without what the log knows already: what is undone or made again."""
    return step if step.kind not in (UNDO, REDO) else replace(step, change=changes.Change())
