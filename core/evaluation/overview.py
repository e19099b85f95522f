"""One line a model: what it is for, its first score, how fast it is and what it learned from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from core.evaluation.measured import Measured
from core.evaluation.score_tables import interval
from core.types.model_card import ModelCard

_FIRST_CLAUSE = re.compile(r"[^,;(]+")


@dataclass(frozen=True)
class OverviewRow:
    """A model in a line, as text. ``score``: the first of its card, ``metric``: of what;
    ``seconds``: a megapixel by the clock; "" where it was not measured."""

    metric: str
    score: str
    interval: str
    seconds: str
    data: str


LONG_S, MINUTE_S = 5.0, 60.0


def expected_time(found: Measured | None, shape: tuple[int, int]) -> str:
    """Return how long an image of ``shape`` (H, W) takes, in words: "about 25 s"; "" where that is
    under :data:`LONG_S` or was not measured. ``found``: what was measured of the model."""
    seconds = math.nan if found is None else found.seconds * shape[0] * shape[1] / 1e6
    if not seconds >= LONG_S:
        return ""
    if seconds < MINUTE_S:
        return f"about {5 * round(seconds / 5)} s"
    return f"about {seconds / MINUTE_S:.0f} min"


def overview_row(card: ModelCard, found: Measured | None) -> OverviewRow:
    """Return the line of ``card``; ``found``: what was measured of it."""
    first = card.scores[0] if card.scores else None
    seconds = math.nan if found is None else found.seconds
    clause = _FIRST_CLAUSE.match(card.data)
    return OverviewRow(
        metric=first.metric if first else "",
        score=f"{first.value:.3f}" if first else "",
        interval=interval(found.scores.get(first.key)) if first and found else "",
        seconds="" if math.isnan(seconds) else f"{seconds:.2g}",
        data=clause[0].strip() if clause else card.data,
    )
