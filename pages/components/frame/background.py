"""Work that takes over a second: begun by a button, in the background, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.types import ProgressCallback
from pages.components.frame import jobs, session
from pages.components.frame.jobs import Job

POLL_SECONDS = 0.4


def run(
    name: str,
    button: str,
    key: tuple[Hashable, ...],
    work: Callable[[ProgressCallback], Any],
    size_bytes: int = 1_000_000,
    step: str = "Step",
) -> Any | None:
    """Draw a button, or the progress; return what ``work`` made for this ``key``, once it is made.

    ``name``: of the button's key. ``key``: all that the result depends on. ``step``: what the work
    is counted in. Call it from the page itself, not from a fragment: when the work ends, the page
    is run again.
    """
    full_key = (name, *key)
    place = f"work_{name}"
    job: Job | None = session.value_of(place)
    if job is not None and job.finished:
        session.control(place, None)
        try:
            session.results().put(job.key, jobs.result_of(job), size_bytes)
        except Cancelled:
            st.caption("Stopped before the end, as asked.")
        except LamellaError as error:
            st.warning(str(error))
        job = None
    found = session.results().get(full_key)
    if found is not None:
        return found
    place_of_button = st.empty()
    if job is None or job.key != full_key:
        if not place_of_button.button(button, type="primary", key=f"work_start_{name}"):
            return None
        place_of_button.empty()
        if job is not None:
            job.cancel()
        job = jobs.start(full_key, work)
        session.control(place, job)
    _progress(place, step)
    return None


@st.fragment(run_every=POLL_SECONDS)
def _progress(place: str, step: str) -> None:
    job: Job | None = session.value_of(place)
    if job is None or job.finished:
        st.rerun()
    if not job.total:
        st.progress(0.0, text="Getting ready.")
    else:
        st.progress(job.done / job.total, text=f"{step} {job.done} of {job.total}.")
    if job.cancelled.is_set():
        st.caption(f"Stopping at the end of this {step.lower()}.")
    else:
        st.button("Cancel", on_click=job.cancel, key=f"{place}_cancel")
