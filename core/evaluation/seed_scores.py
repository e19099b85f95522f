"""The scores of runs that differ in their seed alone: NAME.seeds.csv, one row a seed and score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.records import read_records, write_records


@dataclass(frozen=True)
class SeedScore:
    """``step``: that was kept of the run, ``seconds``: of its training, without feature
    distillation or an earlier stage; None where they were not recorded.
    ``weights_sha256``: of its weights. ``score``: the key of a score on the model's card."""

    seed: int
    step: int | None
    seconds: int | None
    weights_sha256: str
    score: str
    value: float


def read_seed_scores(path: Path) -> tuple[SeedScore, ...]:
    """Return the rows of a file in the order of their seeds; empty where there is none."""
    return read_records(path, SeedScore)


def write_seed_scores(path: Path, made: Sequence[SeedScore]) -> None:
    """Write ``made``, sorted by seed, whole or not at all; rows of other seeds in the file stay."""
    seeds = {one.seed for one in made}
    others = [one for one in read_seed_scores(path) if one.seed not in seeds]
    write_records(path, SeedScore, sorted([*others, *made], key=lambda one: one.seed))


def by_score(found: Sequence[SeedScore]) -> Mapping[str, tuple[float, ...]]:
    """Return the values of each score, in the order of their seeds."""
    values: dict[str, tuple[float, ...]] = {}
    for one in found:
        values[one.score] = (*values.get(one.score, ()), one.value)
    return values
