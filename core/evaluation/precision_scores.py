"""What bfloat16 changes in a model's answers on its validation images: precision.csv, one row a
model and processor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.records import read_records, write_records

LEAST_AGREEMENT = 0.999
MOST_CHANGE = 0.001


@dataclass(frozen=True)
class PrecisionScore:
    """``processor``: what multiplies bfloat16, see ``core.segmentation.engines.processor``.
    ``metric``: the first score of the card. ``agreement``: share of all pixels with the label of
    float32."""

    model: str
    weights_sha256: str
    processor: str
    backend: str
    version: str
    images: int
    metric: str
    float32: float
    bfloat16: float
    agreement: float

    @property
    def is_as_good(self) -> bool:
        """Whether the score moves by less than 0.001, on 99.9 % equal labels."""
        moved = abs(self.bfloat16 - self.float32)
        return moved < MOST_CHANGE and self.agreement >= LEAST_AGREEMENT

    @property
    def is_of(self) -> tuple[str, str, str, str, str]:
        """What was measured; another row with it is of the same."""
        return self.model, self.weights_sha256, self.processor, self.backend, self.version


def write_precision_scores(path: Path, scores: Iterable[PrecisionScore]) -> None:
    """Write one row a model and processor as CSV, whole or not at all."""
    write_records(path, PrecisionScore, scores)


def read_precision_scores(path: Path) -> tuple[PrecisionScore, ...]:
    """Return the rows of a file; empty where there is none."""
    return read_records(path, PrecisionScore)
