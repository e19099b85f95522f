"""Where a long run stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CurvePoint:
    """A validation: ``loss``, the mean over the steps since the one before, nan where it was not
    kept; ``score`` on the validation images."""

    step: int
    loss: float
    score: float


@dataclass(frozen=True)
class Progress:
    """``score``: the last validation score, ``best``: the best so far; None before the first.
    ``curve``: every validation so far."""

    step: int
    steps: int
    loss: float
    seconds: float
    score: float | None = None
    best: float | None = None
    curve: tuple[CurvePoint, ...] = ()

    @property
    def validated(self) -> bool:
        """Whether this very step ended with a validation."""
        return bool(self.curve) and self.curve[-1].step == self.step

    @property
    def seconds_left(self) -> float:
        """Seconds to the last step at the speed so far."""
        return self.seconds / max(self.step, 1) * (self.steps - self.step)
