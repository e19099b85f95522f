"""What is known of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """A row of the queue. ``params``: what its handler gets, as JSON has it. ``key``: of what it
    makes; an owner has one open job of a key at most. ``done``, ``total``: steps, 0 of 0 before the
    first. ``created``, ``started``, ``finished``: seconds since 1970. ``error``: why it failed."""

    id: int
    owner: str
    kind: str
    key: str
    params: Mapping
    state: State
    priority: int
    attempt: int
    worker: str | None
    done: int
    total: int
    message: str
    created: float
    started: float | None
    finished: float | None
    error: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")
