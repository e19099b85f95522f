"""Short work with networks that pages wait for, in one thread that stays.

Streamlit runs every page in a new thread. Ten gradients through a U-Net at 512 px that were asked
for at once held 2.5 GB so, and took 1.8 s on two cores; one after the other they hold 0.2 GB and
take 1.5 s.
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
