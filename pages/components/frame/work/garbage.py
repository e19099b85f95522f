"""Garbage is collected by the clock and between runs of pages, not after each of them.

Streamlit would collect after every run of a page or a fragment, before the browser gets what was
drawn last (``runner.postScriptGC``, which ``.streamlit/config.toml`` switches off). What it walks
through is every object of the process, whoever made it.
"""

from __future__ import annotations

import atexit
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import streamlit as st

PERIOD_S, TRY_AGAIN_S, TRIES = 30.0, 0.1, 50


class Runs:
    """Which pages run now, in all sessions; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = self._begun = self._collected = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a run of a page from its beginning to its end."""
        with self._lock:
            self._running += 1
            self._begun += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    @property
    def is_any(self) -> bool:
        """Whether a page runs now."""
        with self._lock:
            return self._running > 0

    @property
    def left_garbage(self) -> bool:
        """Whether a page has run since the last collection."""
        with self._lock:
            return self._begun > self._collected

    def collect(self) -> None:
        """Collect the garbage of the runs so far."""
        with self._lock:
            self._collected = self._begun - self._running
        gc.collect()


@cache
def runs() -> Runs:
    """Return the runs of this process."""
    return Runs()


def collect_between_runs(ended: threading.Event) -> None:
    """Collect every half minute until ``ended``, between two runs where there is a pause at all."""
    while not ended.wait(PERIOD_S):
        if not runs().left_garbage:
            continue
        for _ in range(TRIES):
            if not runs().is_any or ended.wait(TRY_AGAIN_S):
                break
        runs().collect()


def freeze_imports() -> None:
    """Keep the collector from walking through modules that were imported, ever after: with torch's
    objects among the others each collection would take 0.3 s longer."""
    _freeze(len(sys.modules) // 100)


@st.cache_resource(show_spinner=False)
def _freeze(hundreds_of_modules: int) -> None:
    gc.collect()
    gc.freeze()
    # Else extensions complain at the end of the process that their objects were never freed.
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)
