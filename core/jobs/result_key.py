"""What decides the labels of a segmentation: the key under which it is run, kept and found."""

from __future__ import annotations

import hashlib

from core.analysis.remeasure import scale_is_free
from core.execution import USUAL, RunChoice
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard

Key = tuple[object, ...]


def labels_key(
    shown: Micrograph, card: ModelCard, marks: str | None = None, choice: RunChoice = USUAL
) -> Key:
    """Return what decides the labels: image, model, how it runs, marks and the user's changes.

    ``shown``: with the user's changes. ``marks``: digest of what a forest learns from.
    """
    size = None if scale_is_free(card, shown.pixel_size) else shown.pixel_size
    weights = card.weights.sha256 if card.weights else None
    # The usual choice is left out: results of an earlier Lamella are found by their keys.
    chosen = () if choice == USUAL else ((choice.precision, choice.careful),)
    return (shown.digest, card.name, weights, size, shown.bar_rows, *chosen, marks)


def name_of(key: Key) -> str:
    """Return the name under which the queue and the results know what ``key`` decides."""
    return hashlib.sha256(repr(key).encode()).hexdigest()
