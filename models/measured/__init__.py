"""What was measured of each model: NAME.json and NAME.images.csv, written by `make measure`.

A file belongs to the weights whose SHA-256 it holds; a test compares it with the card.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.training.measured import Measured

FOLDER = Path(__file__).parent


def measured(name: str) -> Measured | None:
    """Return the scores of a model; None where nothing was measured."""
    from core.training.measured import read_measured

    path = FOLDER / f"{name}.json"
    return read_measured(path) if path.is_file() else None
