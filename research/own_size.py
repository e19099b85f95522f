"""Train a model further, to answer at a micrograph's own size as it does at a larger one.

    python -m research.own_size superalloy DIR FOLDER --start WEIGHTS --minutes 40

DIR is the model's data folder, WEIGHTS those of `lamella train superalloy`, or of a run before.
Its answers to the training images, the mean over four mirror images and over `--teacher-scales`,
are learned beside the masks. FOLDER gets a checkpoint, from which a run that was killed goes on,
and at the end the averaged weights. The validation images are scored now and then; the scores are
printed and choose nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.pixels.resampling import resample
from core.training.augmentation import Pair, crop_matrix, degrade
from core.training.dataset import Split, load_split
from core.training.initialization import from_scratch
from core.training.loop import Objective, TrainingSettings, train
from core.training.losses import cross_entropy_and_dice
from core.training.progress import Progress
from core.training.recipe import Recipe
from core.training.validation import predict_probabilities, validation_score
from core.types.model_card import ModelCard
from models import zoo
from models.weights_file import save_weights, unpacked

# Crops are small, since the student sees as much in a quarter of the pixels.
BATCH, CROP_PX = 6, 192
# The encoder's share of the learning rate: it has learned longer, and on more.
ENCODER = 0.5
WIDENED = "decoder.blocks.4.conv1.0.weight"


@dataclass(frozen=True, eq=False)
class Taught:
    """Training images with a teacher's answers.

    ``answers``: of each training image, the probabilities (H, W, C) float32.
    """

    split: Split
    answers: tuple[np.ndarray, ...]

    @property
    def train(self) -> tuple[Pair, ...]:
        """The images to learn from."""
        return self.split.train

    @property
    def validation(self) -> tuple[Pair, ...]:
        """The images that are scored."""
        return self.split.validation

    @cached_property
    def _one_hot(self) -> tuple[np.ndarray, ...]:
        phases = self.answers[0].shape[-1]
        return tuple(np.eye(phases, dtype=np.float32)[pair.labels] for pair in self.train)

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return a batch: images (side, side) float32, and (1 + C, side, side) float32: the label
        and the teacher's probabilities."""
        chosen = random.integers(len(self.train), size=recipe.batch)
        return [self._crop(index, recipe, random) for index in chosen]

    def _crop(
        self, index: int, recipe: Recipe, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        pair, side = self.train[index], recipe.crop_px
        matrix, scale = crop_matrix(pair, side, recipe.augmentation, random)
        fields = (pair.image, np.dstack([self._one_hot[index], self.answers[index]]))
        if scale < 1:
            sigma = 0.5 * np.sqrt(1 / scale**2 - 1) + 1e-3
            fields = tuple(cv2.GaussianBlur(field, (0, 0), sigma) for field in fields)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image, shares = (
            cv2.warpAffine(
                field, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT_101
            )
            for field in fields
        )
        phases = shares.shape[-1] // 2
        label = shares[..., :phases].argmax(-1).astype(np.float32)
        targets = np.concatenate([label[None], shares[..., phases:].transpose(2, 0, 1)])
        return degrade(image.astype(np.float32) / 255, recipe.augmentation, random), targets


def loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of logits (N, C, H, W) against labels and the teacher's probabilities, in
    one tensor (N, 1 + C, H, W)."""
    labels, answers = targets[:, 0].long(), targets[:, 1:]
    return cross_entropy_and_dice(logits, labels) + functional.cross_entropy(logits, answers)


def answers(
    network: nn.Module, card: ModelCard, scales: Sequence[float], image: np.ndarray
) -> np.ndarray:
    """Return the probabilities (H, W, C) float32 of ``image`` (H, W) uint8: the mean over
    ``scales``, at which it is seen, and four mirror images."""
    grey, found = image.astype(np.float32) / 255, []
    for scale, axes in product(scales, ((), (0,), (1,), (0, 1))):
        seen = resample(grey, tuple(round(side * scale) for side in grey.shape))
        flipped = np.ascontiguousarray(np.flip(seen, axes))
        outputs = predict_probabilities(network, flipped, card.mean, card.std, len(card.phases))
        found.append(np.stack([np.flip(resample(one, grey.shape), axes) for one in outputs], -1))
    return np.mean(found, axis=0, dtype=np.float32)


def widened(state: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Return weights for a ``network`` with a skip connection at full resolution, that answers as
    the U-Net without one of which ``state`` is; those of the same network as they are."""
    wanted = network.state_dict()
    if state.keys() == wanted.keys():
        return state
    first = torch.zeros_like(wanted[WIDENED])
    first[:, : state[WIDENED].shape[1]] = state[WIDENED]
    return wanted | state | {WIDENED: first}


def main() -> None:
    """Train, and write the averaged weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=Path, required=True, metavar="WEIGHTS")
    parser.add_argument("--minutes", type=float, required=True, help="ends in this time")
    parser.add_argument("--steps", type=int, default=3000, help="at most")
    parser.add_argument("--peak", type=float, default=6e-4, help="largest learning rate")
    parser.add_argument("--teacher-scales", type=float, nargs="+", default=[2.0])
    parser.add_argument("--scales", type=float, nargs=2, default=[0.7, 1.6], help="of the crops")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    card, recipe = zoo.card(options.model), zoo.recipe(options.model)
    phases = len(card.phases)
    split = load_split(options.data, recipe, phases)
    network = card.build()
    network.load_state_dict(widened(unpacked(options.start.read_bytes()), network))
    teach = partial(answers, network, card, options.teacher_scales)
    taught = Taught(split, tuple(teach(pair.image) for pair in split.train))
    recipe = Recipe(
        steps=options.steps,
        initialize=from_scratch,
        batch=BATCH,
        crop_px=CROP_PX,
        learning_rate=options.peak,
        augmentation=replace(recipe.augmentation, scale=tuple(options.scales), elastic=0.0),
        validate_every=250,
        patience=options.steps,
    )

    def score(network: nn.Module, data: Taught) -> float:
        return validation_score(network, data.validation, card.mean, card.std, phases)

    settings = TrainingSettings(
        recipe,
        card.mean,
        card.std,
        phases,
        checkpoint=options.folder / "checkpoint.pt",
        resume=True,
        max_seconds=60 * options.minutes,
        objective=Objective(loss, score),
        encoder_learning_rate=ENCODER * options.peak,
        ends_in_time=True,
    )
    print(train(network, taught, settings, _told).scores)
    average = torch.load(settings.checkpoint, weights_only=True)["average"]
    state = {name: average[f"module.{name}"] for name in network.state_dict()}
    print(save_weights(state, options.folder / f"{card.name}.safetensors"))


def _told(progress: Progress) -> None:
    if progress.step % 50 == 0:
        print(f"{progress.step} {progress.loss:.4f} {progress.score} {progress.seconds:.0f} s")


if __name__ == "__main__":
    main()
