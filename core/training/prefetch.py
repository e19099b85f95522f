"""Batches made on other threads while the network learns from the ones before."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Batch = TypeVar("Batch")
MOST_THREADS = 4


def threads_for(device: torch.device) -> int:
    """Return how many threads make batches: one beside a CPU that learns, up to four where a GPU
    does and would wait for one."""
    return 1 if device.type == "cpu" else max(1, min(MOST_THREADS, (os.cpu_count() or 1) - 1))


def made_ahead(
    make: Callable[[int], Batch], first: int, end: int, threads: int = 1
) -> Iterator[Batch]:
    """Yield ``make(first)`` to ``make(end - 1)`` in this order, ``threads`` of them made ahead.

    What ``make`` gives must depend on its step alone; then the number of threads changes nothing.
    What it raises is raised here, at its turn.
    """
    with ThreadPoolExecutor(threads) as workers:
        upcoming: deque[Future[Batch]] = deque(
            workers.submit(make, step) for step in range(first, min(first + threads, end))
        )
        try:
            for step in range(first, end):
                batch = upcoming.popleft().result()
                if step + threads < end:
                    upcoming.append(workers.submit(make, step + threads))
                yield batch
        finally:
            for pending in upcoming:
                pending.cancel()
