"""The viewer's ruler: what the browser measured along a scale bar, and what is believed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_PX = 1e6
LONGEST_TEXT = 40


@dataclass(frozen=True)
class Measured:
    """How long the bar is in px, and what the user typed it to be; no text: it was given up."""

    length_px: float
    text: str


@dataclass(frozen=True)
class Ruler:
    """A ruler to drag along the scale bar. ``turn``: another one each time it is asked for.

    ``refused``: why what was typed last is no length. ``on_measured`` runs before the page does.
    """

    turn: int
    refused: str
    on_measured: Callable[[Measured], None]


def measured_from(sent: object, digest: str) -> Measured | None:
    """Return what the browser measured in the image of ``digest``, None for anything else."""
    if not isinstance(sent, dict) or sent.get("digest") != digest:
        return None
    length, text = sent.get("length_px"), sent.get("text")
    if not isinstance(length, int | float) or not isinstance(text, str):
        return None
    if not (math.isfinite(length) and 0 <= length <= LONGEST_PX) or len(text) > LONGEST_TEXT:
        return None
    return Measured(float(length), text)
