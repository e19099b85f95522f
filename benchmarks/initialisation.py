"""What a start is worth: the same short training from several weights, with several seeds.

python -m benchmarks.initialisation carbon-steel --data ../shared/data/carbon_steel

Writes one row a run into models/measured/initialisation.csv; a run that stands there is not done
again. The score is the validation score of ``core.training.validation``, the best of the run.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path

from core.training.session import TrainingOptions, run_training
from models import zoo
from models.starts import starting_from

TABLE = Path(__file__).parents[1] / "models" / "measured" / "initialisation.csv"


@dataclass(frozen=True)
class Run:
    """What is repeated: ``steps`` of ``batch`` crops of ``crop_px`` from ``start``."""

    model: str
    start: str
    seed: int
    steps: int
    batch: int
    crop_px: int


HEADER = [*(field.name for field in fields(Run)), "validation_score", "seconds"]


def train(run: Run, data: Path | None) -> tuple[float, float]:
    """Return the best validation score of ``run``, and the seconds it took."""
    recipe = replace(
        starting_from(zoo.recipe(run.model), run.start),
        seed=run.seed,
        steps=run.steps,
        batch=run.batch,
        crop_px=run.crop_px,
        validate_every=max(1, run.steps // 3),
        averaging=0.98,
    )
    with tempfile.TemporaryDirectory() as folder:
        options = TrainingOptions(Path(folder))
        found = run_training(
            zoo.card(run.model), recipe, data, options, lambda phase, progress: None
        )
    return found.score, found.seconds


def known() -> set[tuple[str, ...]]:
    """Return the runs that the table holds."""
    if not TABLE.is_file():
        return set()
    with TABLE.open(newline="", encoding="utf-8") as lines:
        return {tuple(row[field.name] for field in fields(Run)) for row in csv.DictReader(lines)}


def main() -> None:
    """Do the runs that are asked for and are not in the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--starts", nargs="+", default=["scratch", "imagenet", "particles"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=192)
    options = parser.parse_args()
    done = known()
    for seed in options.seeds:
        for start in options.starts:
            run = Run(options.model, start, seed, options.steps, options.batch, options.crop)
            key = tuple(str(getattr(run, field.name)) for field in fields(Run))
            if key in done:
                continue
            score, seconds = train(run, options.data)
            new = not TABLE.is_file()
            with TABLE.open("a", newline="", encoding="utf-8") as lines:
                writer = csv.writer(lines)
                if new:
                    writer.writerow(HEADER)
                writer.writerow([*key, f"{score:.4f}", f"{seconds:.0f}"])
            print(*key, f"{score:.4f} {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
