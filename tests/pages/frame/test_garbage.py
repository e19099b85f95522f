"""Garbage is collected between runs of pages and by the clock."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
import streamlit as st

from pages.components.frame.work import garbage
from pages.components.frame.work.garbage import Runs


class Ring:
    """Only the collector frees it: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


def test_only_runs_leave_garbage_and_one_collection_takes_it() -> None:
    runs = Runs()
    assert not runs.left_garbage
    with runs.one():
        assert runs.is_any
        ring = weakref.ref(Ring())
    assert not runs.is_any and runs.left_garbage
    runs.collect()
    assert ring() is None and not runs.left_garbage


def test_a_run_that_goes_on_during_a_collection_is_collected_again() -> None:
    runs = Runs()
    with runs.one():
        runs.collect()
        assert runs.left_garbage


def test_a_run_that_fails_counts_as_ended() -> None:
    runs = Runs()
    with pytest.raises(ValueError, match="page"), runs.one():
        raise ValueError("page")
    assert not runs.is_any


def test_the_thread_collects_between_runs_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, ended = Runs(), threading.Event()
    collected = threading.Event()
    monkeypatch.setattr(garbage, "runs", lambda: runs)
    monkeypatch.setattr(garbage, "PERIOD_S", 0.001)
    monkeypatch.setattr(runs, "collect", collected.set)
    thread = threading.Thread(target=garbage.collect_between_runs, args=[ended])
    with runs.one():
        thread.start()
    assert collected.wait(30)
    ended.set()
    thread.join(30)
    assert not thread.is_alive()


def test_streamlit_does_not_collect_after_every_run() -> None:
    assert st.get_option("runner.postScriptGC") is False
    assert gc.isenabled()
