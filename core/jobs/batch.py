"""The job that segments and measures one field of a batch, and what a batch's jobs come to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import apsw

from core.analysis.analyse import analyse
from core.analysis.analysis import Analysis
from core.analysis.remeasure import regroup
from core.errors import LamellaError
from core.execution import RunChoice
from core.export.field_files import OVERLAY
from core.export.provenance import run_json
from core.fields.field import measure_field
from core.figures.paper.micrographs import overlay_figure
from core.figures.paper.style import png_bytes
from core.jobs import queue
from core.jobs.job import Job, State
from core.jobs.result_key import labels_key, name_of
from core.jobs.worker import Handler, Keep
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback
from core.workspace import batches
from core.workspace.batches import Batch
from core.workspace.reading import opened
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from core.measurement.uncertainty import ModelError
    from core.segmentation.segment import AnyEngine

    Load: TypeAlias = Callable[[Workspace, str, str, RunChoice], AnyEngine]
    Errors: TypeAlias = Callable[[ModelCard], Sequence[ModelError]]

KIND = "measure"
OPEN: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Progress:
    """Where a batch stands. ``errors``: sentences by micrograph. ``states``: of the last job of
    each micrograph. ``seconds_left``: None before the first field is done."""

    states: Mapping[str, State]
    errors: Mapping[str, str]
    seconds_left: float | None

    @property
    def is_open(self) -> bool:
        """Whether a field waits or runs."""
        return any(state in OPEN for state in self.states.values())


def enqueue(workspace: Workspace, batch: Batch) -> None:
    """Ask for every field that is not measured and not asked for; so a batch also goes on."""
    standing = progress(workspace, batch)
    for one in batches.fields(workspace, batch.owner, batch.id):
        if one.measured is None and standing.states.get(one.micrograph) not in (
            "queued",
            "running",
        ):
            params = {"batch": batch.id, "micrograph": one.micrograph}
            key = _key(batch, one.micrograph)
            queue.enqueue(workspace, batch.owner, KIND, key, params, queue.BATCH)


def cancel(workspace: Workspace, batch: Batch) -> None:
    """Cancel what waits or runs of a batch; what is measured stays."""
    for micrograph, state in progress(workspace, batch).states.items():
        if state in OPEN:
            queue.cancel(workspace, batch.owner, _key(batch, micrograph))


def progress(workspace: Workspace, batch: Batch) -> Progress:
    """Return where a batch stands."""
    with workspace.database.read() as db:
        rows = list(
            db.execute(
                "SELECT params ->> 'micrograph', state, error, started, finished FROM job"
                " WHERE owner = ? AND kind = ? AND params ->> 'batch' = ? ORDER BY id",
                (batch.owner, KIND, batch.id),
            )
        )
    last = {row[0]: row for row in rows}
    return Progress(
        {micrograph: row[1] for micrograph, row in last.items()},
        {micrograph: row[2] for micrograph, row in last.items() if row[1] == "failed"},
        _seconds_left(list(last.values())),
    )


def failed(workspace: Workspace, owner: str) -> frozenset[str]:
    """Return the ids of the micrographs of ``owner`` whose last job of any kind failed, as of a
    damaged file; jobs are forgotten some weeks after their end."""
    micrograph = "params ->> 'micrograph'"
    with workspace.database.read() as db:
        rows = db.execute(
            f"SELECT {micrograph}, state, max(id) FROM job WHERE owner = ? GROUP BY {micrograph}",
            (owner,),
        )
        return frozenset(one for one, state, _ in rows if one and state == "failed")


def _seconds_left(rows: Sequence[tuple]) -> float | None:
    open_rows = [row for row in rows if row[1] in OPEN]
    ended = [row for row in rows if row[1] in ("done", "failed") and row[3] and row[4]]
    if not open_rows or not ended:
        return None
    # By the clock, so that several workers and other owners' turns are in it.
    begun = min(row[3] for row in ended)
    return (time.time() - begun) / len(ended) * len(open_rows)


def handler(load: Load, errors: Errors) -> Handler:
    """Return what does such jobs.

    ``load``: from the workspace, an owner, the name of a model that the owner finds and how it is
    to run, to the model, held by it. ``errors``: how far a model is off, by its card.
    """

    def measure(workspace: Workspace, job: Job, progress: ProgressCallback) -> Keep:
        batch = batches.find(workspace, job.owner, job.params["batch"])
        if batch is None:
            raise LamellaError(batches.GONE)
        micrograph = job.params["micrograph"]
        shown = opened(workspace, job.owner, micrograph)
        choice = batch.settings.run
        engine = load(workspace, job.owner, batch.model, choice)
        key = name_of(labels_key(shown, engine.card, choice=choice))
        kept = _kept(workspace, batch, key, shown, engine.card)
        analysis = kept or analyse(
            shown, engine, object_settings=batch.settings.objects, progress=progress
        )
        found = measure_field(analysis, batch.settings.measure, errors(engine.card))
        run = run_json(analysis)
        overlay = png_bytes(overlay_figure(analysis, OVERLAY, found.drawing), OVERLAY.dpi)
        written = None if kept else stored_analysis.write(workspace, analysis)

        def keep(db: apsw.Connection) -> None:
            if written is not None:
                results.insert(db, workspace, job.owner, micrograph, key, written)
            batches.note(db, batch.id, micrograph, found, run, overlay)

        return keep

    return measure


def _kept(
    workspace: Workspace, batch: Batch, key: str, shown: Micrograph, card: ModelCard
) -> Analysis | None:
    """Return the result that the owner has already, corrections too, under the batch's settings."""
    stored = results.find(workspace, batch.owner, key)
    if stored is None:
        return None
    found = stored_analysis.load(workspace, stored, shown, card)
    if found.by_hand is not None or found.object_settings == batch.settings.objects:
        return found
    return regroup(found, batch.settings.objects)


def _key(batch: Batch, micrograph: str) -> str:
    return f"{batch.id} {micrograph}"
