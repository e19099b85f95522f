"""How far a model's scores depend on the seed: the same recipe, trained again with another one.

python -m research.seeds superalloy --data ../shared/data/superalloy --seeds 1 2 3
python -m research.seeds grains --data ../shared/data/grains --only '*_2'
python -m research.seeds micrograph-type --data ../shared/data
python -m research.seeds gold

Each run is `lamella train NAME --seed N --out runs/NAME-seed-N`: one that was broken off goes on,
one that is finished is only scored. Scored is as the card says: `lamella evaluate --validation` on
the data folder, or with --only on the images of these names; `gold` on the simulated images of
`make studies`. Writes models/measured/NAME.seeds.csv, one row a seed and score of the card.
--shipped scores the shipped weights for the recipe's seed, in place of training that one again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from commands.evaluate import named_like
from commands.train import training_of
from core.classification.data import made_for_validation, split_micrographs
from core.classification.evaluation import evaluate_classifier
from core.errors import LamellaError
from core.evaluation.evaluation import evaluate
from core.evaluation.report import foreground_iou_by
from core.evaluation.seed_scores import SeedScore, write_seed_scores
from core.segmentation.engines.engine import Engine
from core.training.dataset import load_split, read_index
from core.training.progress import Progress
from core.training.session import TrainingOptions
from core.types.model_card import ModelCard
from models import catalogue, classifiers, zoo
from models.measured import FOLDER
from models.weights_file import save_weights
from research.gold import measure as gold_study

BY = "foreground_iou_by_"


@dataclass(frozen=True)
class Run:
    """One seed's network: its ``weights``, None for the shipped ones, whose step and seconds were
    not kept."""

    seed: int
    weights: Path | None
    sha256: str
    step: int | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class Experiment:
    """What is trained and scored: ``data`` is the folder, ``only`` a pattern of names in it."""

    card: ModelCard
    data: Path | None
    only: str | None

    def train(self, seed: int, folder: Path) -> Run:
        """Train, or go on with what is in ``folder``, and write the weights there."""

        def report(phase: str, progress: Progress) -> None:
            if progress.validated:
                print(f"seed {seed}, {phase} {progress.step}: best {progress.best:.4f}", flush=True)

        recipe = replace(catalogue.recipe(self.card.name), seed=seed)
        data = None if recipe.source is not None else self.data
        options = TrainingOptions(folder, resume=True)
        found = training_of(self.card)(self.card, recipe, data, options, report)
        path = folder / f"{self.card.name}.safetensors"
        sha256 = save_weights(found.state, path)
        return Run(seed, path, sha256, found.step, round(found.seconds))

    def scores(self, weights: Path | None) -> Mapping[str, float]:
        """Return the scores of a file of weights, None for the shipped ones, by their keys."""
        name = self.card.name
        if name in classifiers.CARDS:
            return self._of_classifier(weights)
        engine = zoo.load(name, "auto", weights)
        assert isinstance(engine, Engine)
        if self.data is None:
            return {"dice_unseen": gold_study.measure(gold_study.POINTS[0], engine).dice}
        recipe, images = zoo.recipe(name), self.data / "images"
        if self.only:
            stems = named_like(self.only, images, None)
        else:
            split = load_split(self.data, recipe, len(engine.card.phases))
            stems = frozenset(pair.stem for pair in split.validation)
        result = evaluate(engine, images, self.data / "masks", recipe.masks, stems)
        found = {line.key: line.estimate.value for line in result.headlines}
        for column in {column_of(key) for key in keys(self.card) if key.startswith(BY)}:
            groups = foreground_iou_by(result, read_index(self.data), column)
            for value, group in groups.items():
                found[f"{BY}{column}.{value}"] = float(group["foreground_iou_macro"])
        return found

    def _of_classifier(self, weights: Path | None) -> Mapping[str, float]:
        card = classifiers.card(self.card.name)
        held_back = split_micrographs(self.data, catalogue.recipe(card.name))[1]
        network = classifiers.load(card.name, weights)
        result = evaluate_classifier(network, card, (*held_back, *made_for_validation()))
        recalls = zip(card.phases, result.recall.tolist(), strict=True)
        return {
            "balanced_accuracy": result.balanced_accuracy.value,
            **{f"recall.{phase.name}": recall for phase, recall in recalls},
        }


def keys(card: ModelCard) -> Iterable[str]:
    """Return the keys of the card's scores."""
    return (score.key for score in card.scores if score.key)


def column_of(key: str) -> str:
    """Return the column of index.csv that a score is grouped by."""
    return key.removeprefix(BY).split(".")[0]


def keep(table: Path, subject: Experiment, run: Run) -> None:
    """Score a run and write each score that the card names."""
    found = subject.scores(run.weights)
    made = [
        SeedScore(run.seed, run.step, run.seconds, run.sha256, key, round(found[key], 6))
        for key in keys(subject.card)
    ]
    write_seed_scores(table, made)
    for one in made:
        print(f"seed {one.seed}, step {one.step}: {one.score} {one.value:.4f}", flush=True)


def main() -> None:
    """Train and score what is asked for; rows of other seeds stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", help="a pattern for names, in place of the validation images")
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--save", type=Path, default=FOLDER)
    options = parser.parse_args()
    card = catalogue.all_cards()[options.model]
    if options.data is None and card.name != "gold":
        parser.error(f"{card.name} is scored on images; give their folder with --data.")
    subject = Experiment(card, options.data, options.only)
    table = options.save / f"{card.name}.seeds.csv"
    if options.shipped:
        shipped = Run(catalogue.recipe(card.name).seed, None, card.weights.sha256)
        keep(table, subject, shipped)
    for seed in options.seeds:
        if options.shipped and seed == catalogue.recipe(card.name).seed:
            continue
        keep(table, subject, subject.train(seed, options.runs / f"{card.name}-seed-{seed}"))


if __name__ == "__main__":
    try:
        main()
    except LamellaError as error:
        sys.exit(str(error))
