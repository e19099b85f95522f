"""Train the U-Net that `lamella train NAME --init micrographs` starts from.

    python -m research.micrographs --data DIR [--out runs/micrographs] [--seed N] [--resume]

DIR holds particles/, carbon_steel/, superalloy/ and coating/, each as `lamella train` wants it;
grains make themselves. It learns only from images that those models train on; some of their
validation images choose the step that is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from core.errors import LamellaError
from core.training.initialization import efficientnet_lite_imagenet
from core.training.progress import Progress
from core.training.recipe import Recipe
from core.training.session import CHECKPOINT, TrainingOptions, train_in, training_data
from models import zoo
from models.micrographs import CARD, TASKS
from models.weights_file import save_weights
from research.multitask import MultitaskData, Task, multitask_objective

FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "particles": "particles",
        "carbon-steel": "carbon_steel",
        "superalloy": "superalloy",
        "coating": "coating",
    }
)
"""Where each model's images lie; those of the others are made."""
# Nine in ten real images are of particles, and they vary most.
SHARES: Mapping[str, float] = MappingProxyType({"particles": 2.0})


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, a batch of one task after the other."""
    return Recipe(
        steps=1500,
        initialize=efficientnet_lite_imagenet,
        batch=6,
        crop_px=192,
        averaging=0.99,
        validate_every=500,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
    )


def multitask_data(folder: Path) -> MultitaskData:
    """Return the images of the five tasks.

    Raises:
        DataError: a folder is missing or has mistakes.
    """
    return MultitaskData(
        tuple(
            Task(
                zoo.card(name),
                zoo.recipe(name).of_phases,
                training_data(zoo.card(name), zoo.recipe(name).of_phases, place and folder / place),
                SHARES.get(name, 1.0),
            )
            for name, place in ((name, FOLDERS.get(name)) for name in TASKS)
        )
    )


def main() -> None:
    """Train, and write the weights into the folder of the run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/micrographs"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    try:
        data = multitask_data(options.data)
    except LamellaError as error:
        parser.error(str(error))
    if (options.out / CHECKPOINT).is_file() and not options.resume:
        parser.error(f"{options.out} holds an earlier run; give --resume or another --out.")

    def report(phase: str, progress: Progress) -> None:
        if progress.step % 50 == 0 or progress.validated:
            print(
                f"step {progress.step}: loss {progress.loss:.3f}, best {progress.best}", flush=True
            )

    found = train_in(
        CARD,
        replace(recipe(), seed=options.seed),
        lambda: data,
        TrainingOptions(options.out, resume=options.resume),
        report,
        multitask_objective(data),
    )
    path = options.out / f"{CARD.name}.safetensors"
    sha256 = save_weights(found.state, path)
    print(f"{path}: step {found.step}, {found.seconds / 60:.0f} min, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
