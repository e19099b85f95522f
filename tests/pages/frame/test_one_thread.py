"""Work that runs in one thread that stays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import LamellaError
from pages.components.frame.work import one_thread


def fails() -> None:
    raise LamellaError("There is no such pixel.")


def test_every_caller_is_answered_from_the_same_thread() -> None:
    with ThreadPoolExecutor(3) as callers:
        asked = [callers.submit(one_thread.in_turn, threading.get_ident) for _ in range(9)]
        answered = {one.result() for one in asked}
    assert len(answered) == 1
    assert threading.get_ident() not in answered


def test_a_failure_reaches_the_caller_and_the_thread_goes_on() -> None:
    with pytest.raises(LamellaError, match="no such pixel"):
        one_thread.in_turn(fails)
    assert one_thread.in_turn(lambda: 3) == 3
