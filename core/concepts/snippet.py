"""Lines of Python that a student copies to get the number on the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Snippet:
    """``code``: complete lines, imports included; ``prints``: what they print, word for word.

    ``prints`` is worked out by our own functions and never by running ``code``; the tests run
    ``code`` and compare.
    """

    code: str
    prints: str


def six_digits(values: np.ndarray) -> np.ndarray:
    """Return values (k, k) with the six digits that a snippet shows."""
    return np.array([[float(f"{value:.6g}") for value in row] for row in values.tolist()])


def literal(values: np.ndarray) -> str:
    """Return values (k, k) as Python writes them, with six digits."""
    rows = ["[" + ", ".join(f"{value:.6g}" for value in row) + "]" for row in values.tolist()]
    return "[" + ", ".join(rows) + "]"
