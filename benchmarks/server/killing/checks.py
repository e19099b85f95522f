"""What must hold after all the kills: nothing that was confirmed is lost, no job ended twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.server.killing.images import drawing, image_bytes, name_of
from benchmarks.server.killing.users import VISITORS, Note
from core import formats
from core.analysis.analyse import analyse
from core.jobs import queue
from core.workspace import drawings, micrographs
from core.workspace.maintenance.verify import verify
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from models import zoo

MOST_RESULTS = 20
"""How many results are computed again and compared."""
_WATCH = """
CREATE TABLE benchmark_end (job INTEGER, state TEXT);
CREATE TABLE benchmark_result (owner TEXT, key TEXT);
CREATE TRIGGER benchmark_end AFTER UPDATE OF state ON job
WHEN NEW.state IN ('done', 'failed', 'cancelled')
BEGIN INSERT INTO benchmark_end VALUES (NEW.id, NEW.state); END;
CREATE TRIGGER benchmark_result AFTER INSERT ON result
BEGIN INSERT INTO benchmark_result VALUES (NEW.owner, NEW.key); END;
"""


@dataclass(frozen=True)
class Jobs:
    """How many ended in which way, and how many were taken up again after a death."""

    states: Counter[str]
    taken_up_again: int


def watch(workspace: Workspace) -> None:
    """Let the database itself note each end of a job and each new result."""
    with workspace.database.write() as db:
        db.execute(_WATCH)


def jobs_of(workspace: Workspace) -> Jobs:
    """Count the jobs by how they stand."""
    with workspace.database.read() as db:
        rows = list(db.execute("SELECT state, attempt FROM job"))
    return Jobs(Counter(state for state, _ in rows), sum(attempt > 1 for _, attempt in rows))


def problems(workspace: Workspace, notes: Sequence[Note], model: str) -> list[str]:
    """Return what is lost or doubled, as sentences; none where all is well."""
    going = {(note.owner, note.number) for note in notes if note.what == "deletes"}
    kept = [note for note in notes if (note.owner, note.number) not in going]
    return [
        *verify(workspace).problems,
        *_deleted(workspace, notes),
        *_uploads(workspace, [note for note in kept if note.what == "uploaded"]),
        *_drawings(workspace, kept),
        *_asked(workspace, kept),
        *_shown(workspace, [note for note in kept if note.what == "shown"]),
        *_ends(workspace),
        *_results(workspace, [note for note in kept if note.what == "asked"], model),
    ]


def _owner(note: Note) -> str:
    return VISITORS if note.owner.startswith("visitor") else note.owner


def _deleted(workspace: Workspace, notes: Iterable[Note]) -> Iterator[str]:
    for note in notes:
        if note.what == "deleted" and micrographs.find(workspace, note.owner, note.id):
            yield f"{note.owner}: image {note.number} was deleted and is there"


def _uploads(workspace: Workspace, notes: Iterable[Note]) -> Iterator[str]:
    for note in notes:
        kept = micrographs.find(workspace, _owner(note), note.id)
        expected = image_bytes(note.owner, note.number)
        if kept is None or micrographs.contents(workspace, kept) != (expected, {}):
            yield f"{note.owner}: the upload {note.number} is lost"


def _drawings(workspace: Workspace, notes: Iterable[Note]) -> Iterator[str]:
    newest = {
        (note.owner, note.number, note.id): note.revision for note in notes if note.what == "drawn"
    }
    for (owner, number, micrograph), revision in newest.items():
        image = formats.read(image_bytes(owner, number), name_of(owner, number)).digest
        found = drawings.find(workspace, owner, micrograph, image)
        if found is None or found.revision < revision:
            yield f"{owner}: revision {revision} of the drawing on {number} is lost"
        elif found != drawing(owner, number, found.revision):
            yield f"{owner}: the drawing on {number} is not what was drawn"


def _asked(workspace: Workspace, notes: Sequence[Note]) -> Iterator[str]:
    cancelled = {(note.owner, note.number) for note in notes if note.what == "cancels"}
    for note in notes:
        if note.what != "asked":
            continue
        key = name_of(note.owner, note.number)
        job = queue.find(workspace, note.owner, key)
        if job is None:
            yield f"{note.owner}: the job {note.number} is lost"
        elif job.state == "failed" and not str(job.error).startswith("The worker died 3 times"):
            yield f"{note.owner}: the job {note.number} failed: {job.error}"
        elif job.state == "cancelled" and (note.owner, note.number) not in cancelled:
            yield f"{note.owner}: the job {note.number} was cancelled by nobody"
        elif (job.state == "done") != (results.find(workspace, note.owner, key) is not None):
            yield f"{note.owner}: the job {note.number} is {job.state}, its result is not"


def _shown(workspace: Workspace, notes: Iterable[Note]) -> Iterator[str]:
    for note in notes:
        if not results.listed(workspace, VISITORS, note.id):
            yield f"{note.owner}: the result of {note.number} was on the screen and is lost"


def _ends(workspace: Workspace) -> Iterator[str]:
    with workspace.database.read() as db:
        still_open = db.execute("SELECT count(*) FROM job WHERE state IN ('queued', 'running')").get
        ends = Counter(job for (job,) in db.execute("SELECT job FROM benchmark_end"))
        ended = {job for (job,) in db.execute("SELECT id FROM job WHERE finished NOT NULL")}
        made = Counter(db.execute("SELECT owner, key FROM benchmark_result"))
    if still_open:
        yield f"{still_open} jobs did not end"
    yield from (f"job {job} ended {ends[job]} times" for job in ended if ends[job] != 1)
    yield from (
        f"the result {key} was written {count} times" for key, count in made.items() if count != 1
    )


def _results(workspace: Workspace, notes: Sequence[Note], model: str) -> Iterator[str]:
    engine = zoo.load(model)
    for note in notes[:: max(1, len(notes) // MOST_RESULTS)]:
        name = name_of(note.owner, note.number)
        stored = results.find(workspace, note.owner, name)
        if stored is None:
            continue
        micrograph = formats.read(image_bytes(note.owner, note.number), name)
        expected = analyse(micrograph, engine).segmentation.labels
        found = stored_analysis.load(workspace, stored, micrograph, engine.card).segmentation.labels
        if not np.array_equal(found, expected):
            yield f"{note.owner}: the labels of {note.number} are not those of its image"
