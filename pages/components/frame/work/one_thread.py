"""Short work with networks that pages wait for, in one thread that stays.

Streamlit runs every page in a new thread. Gradients that several users ask for at the same moment
would each hold their own memory, and wait for the same cores all the same.
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
