"""The scores of runs that differ in their seed alone: NAME.seeds.csv, one row a seed and score."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from core.training.tables import write_table


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
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as lines:
        return tuple(
            SeedScore(
                int(row["seed"]),
                int(row["step"]) if row["step"] else None,
                int(row["seconds"]) if row["seconds"] else None,
                row["weights_sha256"],
                row["score"],
                float(row["value"]),
            )
            for row in csv.DictReader(lines)
        )


def write_seed_scores(path: Path, made: Sequence[SeedScore]) -> None:
    """Write ``made``, sorted by seed, whole or not at all; rows of other seeds in the file stay."""
    seeds = {one.seed for one in made}
    others = [one for one in read_seed_scores(path) if one.seed not in seeds]
    by_seed = sorted([*others, *made], key=lambda one: one.seed)
    rows = ([*astuple(one)[:-1], f"{one.value:.6f}"] for one in by_seed)
    write_table(path, [field.name for field in fields(SeedScore)], rows)


def by_score(found: Sequence[SeedScore]) -> Mapping[str, tuple[float, ...]]:
    """Return the values of each score, in the order of their seeds."""
    values: dict[str, tuple[float, ...]] = {}
    for one in found:
        values[one.score] = (*values.get(one.score, ()), one.value)
    return values
