"""How far a model's scores depend on the seed: the same recipe, trained again with another one.

python -m benchmarks.seeds superalloy --data ../shared/data/superalloy --seeds 1 2 3

Each run is `lamella train NAME --seed N --out runs/NAME-seed-N`: one that was broken off goes on,
one that is finished is only scored. Scored is what `lamella evaluate NAME --validation --weights
runs/NAME-seed-N/NAME.safetensors` scores. Writes models/measured/NAME.seeds.csv, one row a seed and
score of the card.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from core.segmentation.engine import Engine
from core.training.dataset import load_split
from core.training.evaluation import Evaluation, evaluate
from core.training.loop import TrainedNetwork
from core.training.progress import Progress
from core.training.seed_scores import SeedScore, write_seed_scores
from core.training.session import CHECKPOINT, TrainingOptions, run_training
from models import zoo
from models.measured import FOLDER
from models.weights_file import save_weights


@dataclass(frozen=True)
class SeedRun:
    """One seed's network, where its weights are, and what they score."""

    seed: int
    trained: TrainedNetwork
    sha256: str
    evaluation: Evaluation


def run(name: str, data: Path, seed: int, runs: Path) -> SeedRun:
    """Train ``name`` with ``seed``, or go on with its run, and score it on validation images."""
    recipe = replace(zoo.recipe(name), seed=seed)
    folder = runs / f"{name}-seed-{seed}"
    options = TrainingOptions(folder, resume=(folder / CHECKPOINT).is_file())

    def report(phase: str, progress: Progress) -> None:
        if progress.validated:
            print(f"seed {seed}, {phase} {progress.step}: best {progress.best:.4f}", flush=True)

    found = run_training(zoo.card(name), recipe, data, options, report)
    path = folder / f"{name}.safetensors"
    sha256 = save_weights(found.state, path)
    engine = zoo.load(name, "auto", path)
    assert isinstance(engine, Engine)
    split = load_split(data, recipe, len(engine.card.phases))
    stems = frozenset(pair.stem for pair in split.validation)
    scored = evaluate(engine, data / "images", data / "masks", recipe.masks, stems)
    return SeedRun(seed, found, sha256, scored)


def seed_scores(name: str, one: SeedRun) -> list[SeedScore]:
    """Return each score that the card names and `lamella evaluate` knows."""
    wanted = {score.key for score in zoo.card(name).scores}
    return [
        SeedScore(
            one.seed,
            one.trained.step,
            round(one.trained.seconds),
            one.sha256,
            line.key,
            round(line.estimate.value, 6),
        )
        for line in one.evaluation.headlines
        if line.key in wanted
    ]


def main() -> None:
    """Train and score what is asked for; rows of other seeds stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--save", type=Path, default=FOLDER)
    options = parser.parse_args()
    for seed in options.seeds:
        made = seed_scores(options.model, run(options.model, options.data, seed, options.runs))
        write_seed_scores(options.save / f"{options.model}.seeds.csv", made)
        for one in made:
            print(f"seed {seed}, step {one.step}: {one.score} {one.value:.4f}", flush=True)


if __name__ == "__main__":
    main()
