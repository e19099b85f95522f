"""Long work in threads: progress, cancel, and a result that is kept for every session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from threading import Event
from typing import Any, TypeVar
from weakref import WeakSet

from core.errors import Cancelled
from core.types.progress import ProgressCallback

WORKERS = 2
Result = TypeVar("Result")


@dataclass(eq=False)
class Job:
    """One piece of work. ``key``: of what it makes. ``done``, ``total``: steps, 0 of 0 = waiting.

    ``seen``: what the work told of itself so far, such as the loss of each step. The result is not
    here: a page's button holds its job for as long as the page is shown, and would hold the result
    with it. ``ends_with_view``: nobody waits for it once its progress is no longer shown. Not
    frozen: the worker writes its progress into it.
    """

    key: tuple[object, ...]
    done: int = 0
    total: int = 0
    started: bool = False
    seen: list[Any] = field(default_factory=list)
    ends_with_view: bool = False
    cancelled: Event = field(default_factory=Event)
    future: Future[None] | None = None

    @property
    def finished(self) -> bool:
        """Whether it ended: with a result, an error, or as asked."""
        return self.future is not None and self.future.done()

    @property
    def is_stopping(self) -> bool:
        """Whether it was cancelled and has not ended yet."""
        return self.cancelled.is_set()

    def progress(self, step: str, beginning: str, ending: str) -> tuple[float, str]:
        """Return the share that is done, and where it stands in words.

        ``step``: what the work is counted in. ``beginning``: what is said before the first;
        ``ending``: after the last.
        """
        if not self.started:
            return 0.0, "Waiting for another job to finish."
        if not self.total:
            return 0.0, beginning
        after = ending if self.done == self.total else ""
        return self.done / self.total, f"{step} {self.done} of {self.total}. {after}".rstrip()

    def report(self, done: int, total: int) -> None:
        """Write the progress down; raise Cancelled once the user asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled
        self.done, self.total = done, total

    def cancel(self) -> None:
        """Stop at the next step, or at once when it has not begun."""
        self.cancelled.set()
        if self.future is not None:
            self.future.cancel()

    def check(self) -> None:
        """Do nothing for a job that ended well.

        Raises:
            Cancelled: the user stopped it.
            LamellaError: the work itself failed.
        """
        if self.future is None or self.future.cancelled():
            raise Cancelled
        self.future.result()


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="lamella-job")


@cache
def _begun() -> WeakSet[Job]:
    return WeakSet()


def start(
    key: tuple[object, ...],
    work: Callable[[ProgressCallback], Result],
    keep: Callable[[Result], object],
    seen: list[Any] | None = None,
    ends_with_view: bool = False,
) -> Job:
    """Begin ``work(progress)`` in a thread of its own, where ``keep`` then takes what it made.

    No Streamlit call that draws may happen in either. ``seen``: the list that the work fills.
    """
    job = Job(key, seen=[] if seen is None else seen, ends_with_view=ends_with_view)

    def run() -> None:
        job.started = True
        job.report(0, 0)
        keep(work(job.report))

    job.future = _executor().submit(run)
    _begun().add(job)
    return job


def cancel_all() -> None:
    """Stop every job at its next step, so that the server can end."""
    for job in list(_begun()):
        job.cancel()
