"""What a worker does: take a job, run its handler, write what it made and its end together."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.errors import Cancelled, LamellaError
from core.jobs import queue
from core.jobs.job import Job
from core.jobs.queue import LeaseLost
from core.types.progress import ProgressCallback
from core.workspace.maintenance import retention

if TYPE_CHECKING:
    import apsw

    from core.workspace.workspace import Workspace

Keep: TypeAlias = "Callable[[apsw.Connection], object]"
"""Writes what a job made into the open transaction that also ends the job."""
Handler: TypeAlias = "Callable[[Workspace, Job, ProgressCallback], Keep]"
"""Does a job and returns how to keep what it made; of one kind."""
Ending = Literal["told", "memory", "device"]
"""Why a worker ended: it was told to; its memory grew; its device answers no more."""

POLL_SECONDS = 0.1
REPORT_SECONDS = 0.2
STUCK_SECONDS = 10.0
END_SECONDS = 8.0
"""Sooner than whoever tells a worker to end kills it: `lamella app`, `docker stop`."""
TIDY_SECONDS = 3600.0
_NO_MEMORY = (
    "This image needs more memory than there is; crop or bin it, or use a machine with more memory."
)
_LOG = logging.getLogger("lamella.worker")


class DeviceLost(Exception):  # noqa: N818 - what became of the device, not of the code
    """The GPU's context is broken for the rest of this process."""


def work(
    workspace: Workspace,
    handlers: Mapping[str, Handler],
    name: str,
    stop: threading.Event,
    *,
    most_bytes: int | None = None,
    on_stuck: Callable[[], None] | None = None,
    added: threading.Event | None = None,
) -> Ending:
    """Work on jobs until ``stop``, and return why it ended; tidy the workspace in between.

    ``name``: of this worker, which no other one has. ``most_bytes``: of memory between jobs; None
    for no limit. ``on_stuck``: called where a job goes on for 10 s after it was cancelled, or for
    8 s after ``stop``; it was put back then. ``added``: set by whoever adds a job in this process,
    which is then taken at once.
    """
    tidy_at, ends_pause = 0.0, added or stop
    while not stop.is_set():
        if added is not None:
            added.clear()
        try:
            job = queue.take(workspace, name, handlers)
            if job is not None:
                run(workspace, handlers[job.kind], job, stop, on_stuck)
            elif time.monotonic() >= tidy_at:
                tidy_at = time.monotonic() + TIDY_SECONDS
                queue.forget_ended(workspace)
                retention.sweep(workspace)
        except DeviceLost:
            return "device"
        except LamellaError as error:
            # Of the workspace, such as a full disk: the job's lease will end.
            _LOG.error("%s", error)
            stop.wait(1.0)
            continue
        if most_bytes is not None and resident_bytes() > most_bytes:
            return "memory"
        if job is None:
            ends_pause.wait(POLL_SECONDS)
    return "told"


def run(
    workspace: Workspace,
    handler: Handler,
    job: Job,
    stop: threading.Event,
    on_stuck: Callable[[], None] | None = None,
) -> None:
    """Run one job that was taken, to its end.

    Raises:
        DeviceLost: nothing more can be run on the GPU by this process.
        LamellaError: the workspace cannot be written to.
    """
    try:
        with _held(workspace, job, stop, on_stuck):
            keep = handler(workspace, job, _progress(workspace, job, stop))
            with workspace.database.write() as db:
                keep(db)
                queue.finish(db, job)
    except LeaseLost:
        _LOG.info("job %s was cancelled, or is another worker's", job.id)
    except Cancelled:
        queue.put_back(workspace, job)
    except LamellaError as error:
        _fail(workspace, job, str(error))
    except MemoryError:
        _fail(workspace, job, _NO_MEMORY)
    except Exception as error:
        _LOG.exception("job %s failed", job.id)
        if is_device_lost(error):
            raise DeviceLost from error
        _fail(workspace, job, _unforeseen(error))


def work_off(workspace: Workspace, handlers: Mapping[str, Handler], name: str) -> int:
    """Run jobs until none waits; return how many were run."""
    count = 0
    while job := queue.take(workspace, name, handlers):
        run(workspace, handlers[job.kind], job, threading.Event())
        count += 1
    return count


def in_thread(
    workspace: Workspace,
    handlers: Mapping[str, Handler],
    name: str,
    added: threading.Event | None = None,
) -> Callable[[], None]:
    """Start a worker in a thread of this process; return what stops it and waits for its end, or
    until its job was put back. ``added``: as of :func:`work`."""
    stop, added = threading.Event(), added or threading.Event()
    thread = threading.Thread(
        target=work,
        args=(workspace, handlers, name, stop),
        kwargs={"added": added},
        name="lamella-worker",
        daemon=True,
    )
    thread.start()

    def end() -> None:
        stop.set()
        added.set()
        thread.join(END_SECONDS + 1)

    return end


def resident_bytes() -> int:
    """Return the memory that this process has now; 0 where the system does not say."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (ImportError, OSError):
        return 0
    return pages * resource.getpagesize()


def is_device_lost(error: BaseException) -> bool:
    """Return whether an error of CUDA leaves this process without its GPU; to be out of memory does
    not."""
    if type(error).__name__ == "OutOfMemoryError":
        return False
    return type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error)


def _progress(workspace: Workspace, job: Job, stop: threading.Event) -> ProgressCallback:
    """Return a callback that writes progress a few times a second, and stops what is no longer
    wanted."""
    told = -1.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if stop.is_set():
            raise Cancelled
        now = time.monotonic()
        if done < total and now - told < REPORT_SECONDS:
            return
        told = now
        queue.report(workspace, job, done, total)

    return progress


@contextmanager
def _held(
    workspace: Workspace, job: Job, stop: threading.Event, on_stuck: Callable[[], None] | None
) -> Iterator[None]:
    """Hold the lease on from a thread, since what a job calls may take longer than a lease; give
    the job up where it goes on for too long after it should have ended."""
    ended = threading.Event()

    def watch() -> None:
        beat_at, stuck_at = time.monotonic() + queue.BEAT_SECONDS, math.inf
        while not ended.wait(min(POLL_SECONDS, queue.BEAT_SECONDS)):
            now = time.monotonic()
            if now >= beat_at:
                beat_at = now + queue.BEAT_SECONDS
                if not _is_held(workspace, job):
                    beat_at, stuck_at = math.inf, min(stuck_at, now + STUCK_SECONDS)
            if stop.is_set():
                stuck_at = min(stuck_at, now + END_SECONDS)
            if now >= stuck_at:
                _give_up(workspace, job, on_stuck)
                return

    thread = threading.Thread(target=watch, name=f"lamella-beat-{job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _is_held(workspace: Workspace, job: Job) -> bool:
    """Hold the lease on; return whether the job is this worker's, as far as can be told."""
    try:
        return queue.beat(workspace, job)
    except LamellaError as error:
        _LOG.warning("%s", error)
        return True


def _give_up(workspace: Workspace, job: Job, on_stuck: Callable[[], None] | None) -> None:
    """Put back what goes on for too long, where it is still this worker's."""
    try:
        queue.put_back(workspace, job)
    except LamellaError as error:
        _LOG.warning("%s", error)
    if on_stuck is not None:
        on_stuck()


def _fail(workspace: Workspace, job: Job, sentence: str) -> None:
    try:
        queue.fail(workspace, job, sentence)
    except LeaseLost:
        _LOG.info("job %s failed after it was cancelled: %s", job.id, sentence)


def _unforeseen(error: Exception) -> str:
    return (
        f"Unexpected error ({type(error).__name__}) in this run; the details are in the server's "
        "log. Try again, and report it if it comes back."
    )
