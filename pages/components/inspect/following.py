"""Explanations that follow the clicked pixel: begun without a button, stopped by the next click,
and by leaving the view that shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.errors import Cancelled, LamellaError
from core.types.progress import ProgressCallback
from pages.components.frame import session, stores
from pages.components.frame.stores import Key
from pages.components.frame.words import literal
from pages.components.frame.work import background
from pages.components.frame.work.jobs import Job

Result = TypeVar("Result")


def at_once(
    place: str,
    key: Key,
    work: Callable[[ProgressCallback], Result],
    size_bytes: int,
    step: str = "Step",
) -> Result | None:
    """Draw the progress of ``work``; return what it made for this ``key``, once it is made.

    Work for another key at this place is stopped. What the user stopped waits for a button.
    """
    full_key, stopped = (place, *key), f"{place}-stopped"
    ended = background.take_finished(place)
    if ended is not None:
        try:
            ended.check()
        except Cancelled:
            session.remember(stopped, full_key)
        except LamellaError as error:
            st.warning(literal(str(error)))
            return None
    store = stores.results()
    found = store.get(full_key)
    if found is not None:
        return found
    running = background.running(place)
    if running is None or running.key != full_key:
        if session.value_of(stopped) == full_key:
            if not st.button("Start again", key=f"work_start_{place}"):
                return None
            session.remember(stopped, None)
        background.begin(
            place,
            full_key,
            work,
            lambda made: store.put(full_key, made, size_bytes),
            ends_with_view=True,
        )
    background.show(place, background.Display(step))
    return None


def stop_overtaken(place: str, key: Key) -> None:
    """Stop the work at a place that another pixel than that of ``key`` began."""
    running = background.running(place)
    if isinstance(running, Job) and running.key != (place, *key):
        running.cancel()
