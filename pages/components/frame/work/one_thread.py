"""Short work with networks that pages wait for, in one thread that stays.

Streamlit runs every page in a new thread, which has to get all of its memory from the system again:
of a gradient through a network at 512 px that is 330 MB, and half of its time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import streamlit as st

Made = TypeVar("Made")


def in_turn(work: Callable[[], Made]) -> Made:
    """Return what ``work`` returns, and raise what it raises; it draws nothing.

    One piece of work after the other: each keeps all cores busy.
    """
    return _thread().submit(work).result()


@st.cache_resource(show_spinner=False, on_release=lambda thread: thread.shutdown(wait=False))
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "one-thread")
