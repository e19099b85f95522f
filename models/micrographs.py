"""A start for new models: one U-Net that learned the tasks of five models of the zoo at once.

    python -m models.micrographs --data DIR [--out runs/micrographs] [--seed N] [--resume]

DIR holds particles/, carbon_steel/, superalloy/ and coating/, each as `lamella train` wants it;
grains make themselves. It learns only from images that those models train on; some of their
validation images choose the step that is kept. `lamella train NAME --init micrographs` starts
from what is shipped here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.types import ModelCard
from models import zoo
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.multitask import MultitaskData
    from core.training.recipe import Recipe

FOLDERS: Mapping[str, str | None] = MappingProxyType(
    {
        "particles": "particles",
        "carbon-steel": "carbon_steel",
        "superalloy": "superalloy",
        "coating": "coating",
        "grains": None,
    }
)
"""Where each model's images lie; None where they are made."""
# Nine in ten real images are of particles, and they vary most.
SHARES: Mapping[str, float] = MappingProxyType({"particles": 2.0})


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, phases of all tasks, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(CARD.phases))


def recipe() -> Recipe:
    """Return how it is trained: from ImageNet weights, a batch of one task after the other."""
    from core.training.initialization import efficientnet_lite_imagenet
    from core.training.recipe import Recipe

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
    from core.training.multitask import MultitaskData, Task
    from core.training.session import training_data

    return MultitaskData(
        tuple(
            Task(
                zoo.card(name),
                zoo.recipe(name),
                training_data(zoo.card(name), zoo.recipe(name), place and folder / place),
                SHARES.get(name, 1.0),
            )
            for name, place in FOLDERS.items()
        )
    )


CARD = ModelCard(
    name="micrographs",
    title="A start from micrographs",
    purpose="Knows five kinds of micrographs, so that a network for another kind can start there.",
    phases=tuple(phase for name in FOLDERS for phase in zoo.card(name).phases),
    build=build,
    weights=weights(
        "micrographs", "e6ac776451ca83ea15b5ee3c722ab42d5abdb968ed7801951b6fa5ec2a08d0ec"
    ),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    # Each task normalizes its own images.
    mean=0.0,
    std=1.0,
    data="the training images of particles, carbon-steel, superalloy and coating; synthetic grains",
    licence="data MIT or made here; encoder weights Apache-2.0; these weights BSD-3-Clause",
    reference="Caruana 1997, doi:10.1023/A:1007379606734",
    training_cost="23 minutes on one of two CPU cores",
)


def main() -> None:
    """Train, and write the weights into the folder of the run."""
    from dataclasses import replace

    from core.training.multitask import multitask_objective
    from core.training.progress import Progress
    from core.training.session import CHECKPOINT, TrainingOptions, train_in
    from models.weights_file import save_weights

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
