"""Whether anything is lost or doubled under kill -9: python -m benchmarks.server.kill [--kills 100]

Starts `lamella app` with two workers in a workspace of its own. Writers upload, draw, ask for
segmentations, cancel and delete; visitors upload and segment on the page as browsers do;
correctors send strokes, each again until it is said to be kept. All the while the server, also in
the middle of a stroke, a worker, a writer or `lamella app` itself, which is started again once the
others have ended with it, is killed at a random moment. Afterwards the workspace is verified,
everything confirmed must be there, each stroke once, and each job must have ended once. The exit
code is 0 only where nothing was lost or doubled. Needs Linux.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.killing import checks
from benchmarks.server.killing.app import App, command, running
from benchmarks.server.killing.corrector import Corrector
from benchmarks.server.killing.users import Visitor, Writer
from core.workspace.workspace import Workspace

BUSY = "worker with a job"
PARENT = "lamella app"
STROKE = "server with a stroke"
KINDS = (BUSY, "writer", "worker", "server", STROKE, "writer", BUSY, PARENT, BUSY, "writer")
MOMENT_SECONDS = {
    BUSY: 0.02,
    STROKE: 0.01,
    "worker": 0.0,
    "writer": 0.05,
    "server": 3.0,
    PARENT: 3.0,
}
"""How long after the moment that was waited for it may still be."""
PATIENCE_SECONDS = 240.0
DRAIN_SECONDS = 180.0


@dataclass(frozen=True)
class Plan:
    """How much is killed. ``pause_seconds``: the longest between two kills."""

    kills: int = 100
    pause_seconds: float = 1.0
    writers: int = 3
    visitors: int = 2
    correctors: int = 1
    workers: int = 2
    model: str = "otsu"
    seed: int = 1


@dataclass(frozen=True)
class Report:
    """``killed``: how many of each kind. ``notes``: what users were told. ``interruptions``: visits
    that a kill ended. ``problems``: what was lost or doubled."""

    killed: Counter[str]
    notes: Counter[str]
    jobs: checks.Jobs
    interruptions: int
    seconds: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Users:
    """Who uses the app meanwhile."""

    writers: Sequence[Writer]
    visitors: Sequence[Visitor]
    correctors: Sequence[Corrector]


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, check, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("kills", "writers", "visitors", "correctors", "workers", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name))
    parser.add_argument("--model", default=Plan.model)
    options = vars(parser.parse_args(arguments))
    # Else the app would outlive whoever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="lamella-kill-") as folder:
        report = run(Path(folder), Plan(**options))
    print(in_words(report))
    return 1 if report.problems else 0


def run(folder: Path, plan: Plan) -> Report:
    """Kill as planned in the workspace ``folder``, and check what is left."""
    begun, chance = time.monotonic(), random.Random(plan.seed)
    workspace = Workspace(folder)
    checks.watch(workspace)
    writers = [Writer(folder, f"writer{number}", plan.model) for number in range(plan.writers)]
    with running(folder, plan.workers) as app:
        visitors = [Visitor(app.address, f"visitor{number}") for number in range(plan.visitors)]
        correctors = [
            Corrector(workspace, app.address, f"corrector{number}")
            for number in range(plan.correctors)
        ]
        for user in (*visitors, *correctors):
            user.start()
        users = Users(writers, visitors, correctors)
        killed = _kill(plan, chance, app, workspace, users)
        for writer in writers:
            writer.end()
        unserved = [visitor.name for visitor in visitors if not visitor.is_shown_another()]
        for user in (*visitors, *correctors):
            user.stop.set()
        for user in (*visitors, *correctors):
            user.join(60)
        _drain(workspace)
    notes = [note for user in (*writers, *visitors, *correctors) for note in user.notes]
    return Report(
        killed,
        Counter(note.what for note in notes),
        checks.jobs_of(workspace),
        sum(visitor.interruptions for visitor in visitors),
        time.monotonic() - begun,
        (
            *(f"{name} was shown no result any more" for name in unserved),
            *checks.problems(workspace, notes, plan.model),
            *(one for user in correctors for one in user.problems(workspace)),
        ),
    )


def in_words(report: Report) -> str:
    """Return the counts and the problems, a line each."""

    def counted(counts: Counter[str]) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))

    lines = [
        f"killed in {report.seconds:.0f} s: {counted(report.killed)}",
        f"told to users: {counted(report.notes)}; {report.interruptions} visits interrupted",
        f"jobs: {counted(report.jobs.states)}; {report.jobs.taken_up_again} taken up again",
        *report.problems,
        f"{len(report.problems)} lost or doubled",
    ]
    return "\n".join(lines)


def _kill(
    plan: Plan,
    chance: random.Random,
    app: App,
    workspace: Workspace,
    users: Users,
) -> Counter[str]:
    kinds = list(itertools.islice(itertools.cycle(KINDS), plan.kills))
    chance.shuffle(kinds)
    for kind in kinds:
        _wait(chance.uniform(0, plan.pause_seconds), users.writers)
        patience = time.monotonic() + PATIENCE_SECONDS
        while not (victims := _victims(kind, app, workspace, users)):
            if not app.is_running or time.monotonic() > patience:
                raise RuntimeError(f"There is no {kind} to kill, or lamella app has ended.")
            _wait(0.01, users.writers)
        time.sleep(chance.uniform(0, MOMENT_SECONDS[kind]))
        if kind == PARENT:
            app.kill()
            continue
        with suppress(ProcessLookupError):
            os.kill(chance.choice(victims), signal.SIGKILL)
    return Counter(kinds)


def _wait(seconds: float, writers: Sequence[Writer]) -> None:
    """Listen to the writers meanwhile."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for writer in writers:
            writer.listen()
        time.sleep(0.01)


def _victims(
    kind: str,
    app: App,
    workspace: Workspace,
    users: Users,
) -> list[int]:
    """Return the processes that may be killed now: a writer that writes, a server that serves."""
    if kind == "writer":
        return [writer.pid for writer in users.writers if writer.is_writing]
    if kind in ("server", PARENT):
        is_serving = any(visitor.is_served for visitor in users.visitors)
        pids = [app.pid] if kind == PARENT else app.children("streamlit")
        return pids if is_serving else []
    if kind == STROKE:
        is_sending = any(one.is_sending for one in users.correctors)
        return app.children("streamlit") if is_sending else []
    pids = app.children("worker")
    return _busy(workspace, pids) if kind == BUSY else pids


def _busy(workspace: Workspace, pids: Sequence[int]) -> list[int]:
    """Return those of the workers that have a job now."""
    with workspace.database.read() as db:
        names = {name for (name,) in db.execute("SELECT worker FROM job WHERE state = 'running'")}
    return [pid for pid in pids if names & set(command(pid))]


def _drain(workspace: Workspace) -> None:
    """Wait until every job has ended."""
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        states = checks.jobs_of(workspace).states
        if not states["queued"] + states["running"]:
            return
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
