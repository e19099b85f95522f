"""Batches made ahead: the same ones in the same order, however many threads make them."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from core.training.prefetch import MOST_THREADS, made_ahead, threads_for


@pytest.mark.parametrize("threads", [1, 2, 4, 9])
@pytest.mark.parametrize(("first", "end"), [(0, 7), (5, 7), (6, 7), (7, 7)])
def test_the_order_does_not_depend_on_the_threads(threads: int, first: int, end: int):
    def make(step: int) -> int:
        time.sleep(0.002 * (step % 3))
        return step * step

    assert list(made_ahead(make, first, end, threads)) == [n * n for n in range(first, end)]


def test_a_mistake_is_raised_at_its_turn():
    def make(step: int) -> float:
        return 1 / (3 - step)

    seen = []
    with pytest.raises(ZeroDivisionError):
        for value in made_ahead(make, 0, 9, 4):
            seen.append(value)
    assert seen == [1 / 3, 1 / 2, 1.0]


def test_a_run_that_ends_early_leaves_no_thread_and_makes_no_more():
    made: list[int] = []
    before = set(threading.enumerate())

    def make(step: int) -> int:
        made.append(step)
        return step

    batches = made_ahead(make, 0, 1000, 4)
    assert next(batches) == 0
    batches.close()
    assert set(threading.enumerate()) <= before
    assert len(made) < 20


def test_a_gpu_gets_more_threads_than_a_processor_that_learns_itself():
    assert threads_for(torch.device("cpu")) == 1
    assert 1 <= threads_for(torch.device("cuda")) <= MOST_THREADS
