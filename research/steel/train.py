"""Train `carbon-steel` further, to answer in one pass: longer, with its normalization kept.

    python -m research.steel.train DIR FOLDER --start WEIGHTS --steps 2700

DIR is the model's data folder, WEIGHTS those of `lamella train carbon-steel`. FOLDER gets a
checkpoint, from which a run that was killed goes on, and at the end the weights: the mean of those
that the run began with and of its own averaged ones. The validation images are scored three times,
after each third of the steps; the scores are printed and choose nothing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from core.training.augmentation import Augmentation
from core.training.dataset import load_split
from core.training.initialization import from_scratch
from core.training.loop import TrainingSettings, train
from core.training.progress import Progress
from core.training.recipe import Recipe
from models.weights_file import save_weights, unpacked
from models.zoo.carbon_steel import CARD

AUGMENTATION = Augmentation(
    scale=(1.1, 2.0),
    rotation_degrees=(-45.0, 45.0),
    elastic=0.2,
    elastic_px=(1.0, 4.0),
    invert=0.03,
    gamma=(0.7, 1.4),
    contrast=(0.7, 1.2),
    brightness=(-0.1, 0.1),
    blur=0.2,
    blur_sigma_px=(0.4, 1.2),
    noise=0.3,
    dose=(100.0, 2000.0),
    readout=(0.0, 0.03),
    shading_amplitude=(0.05, 0.2),
    on_object=0.6,
)
# The encoder's share of the learning rate: it has learned longer, and on more.
ENCODER = 0.5


def main() -> None:
    """Train, and write the averaged weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=Path, required=True, metavar="WEIGHTS")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="ends in this time")
    parser.add_argument("--peak", type=float, default=4e-4, help="largest learning rate")
    parser.add_argument("--scale", type=float, default=1.6, help="of the validation images")
    parser.add_argument("--new", type=float, default=0.5, help="share of the new weights")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    recipe = Recipe(
        steps=options.steps,
        seed=options.seed,
        initialize=from_scratch,
        batch=3,
        learning_rate=options.peak,
        averaging=0.998,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        augmentation=AUGMENTATION,
        validate_every=options.steps // 3,
        validation_tta_scales=(options.scale,),
    )
    settings = TrainingSettings(
        recipe,
        CARD.mean,
        CARD.std,
        len(CARD.phases),
        (options.scale,),
        options.folder / "checkpoint.pt",
        resume=True,
        max_seconds=60 * options.minutes,
        encoder_learning_rate=ENCODER * options.peak,
        frozen_statistics=True,
        ends_in_time=options.minutes < float("inf"),
    )
    network = CARD.build()
    old = unpacked(options.start.read_bytes())
    network.load_state_dict(old)
    losses: list[float] = []

    def told(progress: Progress) -> None:
        losses.append(progress.loss)
        if progress.step % 50 == 0 or progress.validated:
            mean = sum(losses) / len(losses)
            losses.clear()
            spent = time.process_time()
            print(progress.step, f"loss {mean:.4f}", progress.score, f"{spent:.0f} s", flush=True)

    found = train(network, load_split(options.data, recipe, len(CARD.phases)), settings, told)
    averaged = torch.load(settings.checkpoint, weights_only=True)["average"]
    mixed = mean_of(old, averaged, options.new)
    print(found.scores, save_weights(mixed, options.folder / "carbon-steel.safetensors"))


def mean_of(
    old: dict[str, torch.Tensor], average: dict[str, torch.Tensor], new: float
) -> dict[str, torch.Tensor]:
    """Return (1 - new) times the old weights plus new times those of a checkpoint's average.

    Source: Wortsman et al. 2022, arXiv:2109.01903, eq. 1.
    """
    return {
        name: torch.lerp(value, average[f"module.{name}"], new)
        if value.is_floating_point()
        else value
        for name, value in old.items()
    }


if __name__ == "__main__":
    main()
