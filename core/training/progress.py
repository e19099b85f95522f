"""Where a long run stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``score``: the last validation score, ``best``: the best so far; None before the first."""

    step: int
    steps: int
    loss: float
    seconds: float
    score: float | None = None
    best: float | None = None

    @property
    def seconds_left(self) -> float:
        """Seconds to the last step at the speed so far."""
        return self.seconds / max(self.step, 1) * (self.steps - self.step)
