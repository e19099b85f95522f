"""Work that takes over a second: in the background, with progress and cancel, one job a place.

A place is a name; where a job runs already, a new one cancels it. What a job made is kept in the
store of results, under the key that the job was begun with.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.types.progress import ProgressCallback
from pages.components.frame import session, stores
from pages.components.frame.words import literal
from pages.components.frame.work import ending, jobs
from pages.components.frame.work.jobs import Job, Result
from pages.components.frame.work.queued import QueuedJob


@dataclass(frozen=True)
class Display:
    """How a job's progress is shown. ``step``: what the work is counted in, such as "Tile".

    ``beginning``: shown before the first step, ``ending``: after the last. ``width``: of the Cancel
    button, as Streamlit has it.
    """

    step: str = "Step"
    beginning: str = "Starting."
    ending: str = ""
    poll_seconds: float = 0.4
    width: Literal["content", "stretch"] = "content"


def running(place: str) -> Job | QueuedJob | None:
    """Return the job at a place, or None."""
    return session.memory().jobs.get(place)


def begin(
    place: str,
    key: tuple[Hashable, ...],
    work: Callable[[ProgressCallback], Result],
    keep: Callable[[Result], object],
    seen: list[Any] | None = None,
    ends_with_view: bool = False,
) -> Job:
    """Begin a job at a place, and cancel the one that runs there.

    ``ends_with_view``: it is stopped as soon as a page is drawn without its progress.
    """
    earlier = running(place)
    if isinstance(earlier, Job):
        earlier.cancel()
    job = jobs.start(key, work, keep, seen, ends_with_view)
    session.memory().jobs[place] = job
    return job


def follow(place: str, job: QueuedJob) -> None:
    """Show a job of the queue at a place; an earlier one of the queue goes on unseen."""
    earlier = running(place)
    if isinstance(earlier, Job):
        earlier.cancel()
    session.memory().jobs[place] = job


@contextmanager
def one_view() -> Iterator[None]:
    """Draw a page; then stop the jobs that end with their view where it was not drawn.

    A run that was broken off, as by the next click, has not drawn all: it stops nothing.
    """
    mine = session.memory()
    mine.shown_places.clear()
    yield
    for place, job in list(mine.jobs.items()):
        if isinstance(job, Job) and job.ends_with_view and place not in mine.shown_places:
            job.cancel()
            del mine.jobs[place]


def take_finished(place: str) -> Job | QueuedJob | None:
    """Return a job that has ended, and free its place; None while there is none."""
    job = running(place)
    if job is None or not job.finished:
        return None
    del session.memory().jobs[place]
    return job


def show(place: str, display: Display) -> None:
    """Draw the progress of a place and a button to cancel; run the page again when it ends."""
    session.memory().shown_places.add(place)
    st.fragment(_show, run_every=display.poll_seconds)(place, display)


def wait_unseen(place: str, poll_seconds: float) -> None:
    """Draw nothing; run the page again when the job at a place ends, which nobody waits for."""
    st.fragment(_wait, run_every=poll_seconds)(place)


def run(
    name: str,
    button: str,
    key: tuple[Hashable, ...],
    work: Callable[[ProgressCallback], Result],
    size_bytes: int = 1_000_000,
    step: str = "Step",
    seen: list[Any] | None = None,
    ends_with_view: bool = False,
) -> Result | None:
    """Draw a button, or the progress; return what ``work`` made for this ``key``, once it is made.

    ``name``: of the place. ``key``: all that the result depends on. ``step``: what the work is
    counted in. ``seen``: the list that the work fills. ``ends_with_view``: see :func:`begin`. Call
    it from the page itself, not from a fragment: when the work ends, the page is run again.
    """
    full_key = (name, *key)
    ended = take_finished(name)
    if ended is not None:
        try:
            ended.check()
        except Cancelled as stopped:
            st.caption(literal(str(stopped)))
        except LamellaError as error:
            st.warning(literal(str(error)))
    store = stores.results()
    found = store.get(full_key)
    if found is not None:
        return found
    place_of_button = st.empty()
    job = running(name)
    if job is None or job.key != full_key:
        if not place_of_button.button(button, type="primary", key=f"work_start_{name}"):
            return None
        place_of_button.empty()
        begin(
            name,
            full_key,
            work,
            lambda made: store.put(full_key, made, size_bytes),
            seen,
            ends_with_view,
        )
    show(name, Display(step))
    return None


def _rerun_at_the_end(place: str) -> Job | QueuedJob:
    """Return the job at a place; run the page again, which does not return, where it ended."""
    job = running(place)
    if job is None or job.finished:
        st.rerun()
    return job


def _wait(place: str) -> Job | QueuedJob:
    """Do as :func:`_rerun_at_the_end`, and let the browser ask when that is."""
    job = _rerun_at_the_end(place)
    # In the fragment, whose runs never take the place of a change of page that the user has begun.
    ending.rerun_at_the_end(place, job)
    return job


def _show(place: str, display: Display) -> None:
    job = _wait(place)
    done, where = job.progress(display.step, display.beginning, display.ending)
    st.progress(done, text=where)
    if job.is_stopping:
        st.caption(f"Stopping after this {display.step.lower()}.")
    else:
        st.button("Cancel", on_click=job.cancel, key=f"work_{place}_cancel", width=display.width)
