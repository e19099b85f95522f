"""Training on small images held in memory: classes, or a number for each image.

For what a class can watch: the whole data set is one tensor, an epoch takes seconds, every epoch
is reported, and a stop is taken up between two batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor, nn

from core.types.progress import ProgressCallback, no_progress

# The seed of torch's own generator belongs to the whole process, and two may train at once.
_BUILDING = Lock()
EVALUATION_BATCH = 256


@dataclass(frozen=True)
class ClassifierRecipe:
    """How a network is trained: Adam, one cosine decay of the learning rate to 0.

    ``symmetries``: each batch is shifted around the periodic border, turned, mirrored and all its
    signs flipped at random, which changes neither energy nor label of an Ising lattice.
    """

    epochs: int
    learning_rate: float = 2e-3
    batch: int = 64
    symmetries: bool = True
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Examples:
    """``images``: (N, H, W) of any type. ``targets``: (N,), classes when they are integers."""

    images: np.ndarray
    targets: np.ndarray

    @property
    def are_classes(self) -> bool:
        return np.issubdtype(self.targets.dtype, np.integer)


@dataclass(frozen=True)
class EpochScore:
    """What an epoch gave. ``loss``, ``score``: while training; ``held_back``: on other images.

    Scores are the share of right classes, or the root of the mean squared error of a number.
    """

    epoch: int
    loss: float
    score: float
    held_back: float


def train_classifier(
    build: Callable[[], nn.Module],
    training: Examples,
    held_back: Examples,
    recipe: ClassifierRecipe,
    progress: ProgressCallback = no_progress,
    seen: Callable[[EpochScore], None] = lambda score: None,
) -> nn.Module:
    """Return a network trained on ``training``, in eval mode and without gradients.

    ``build``: (n, 1, H, W) float32 -> (n, classes) logits, or (n, 1) for a number. ``progress``
    counts batches; ``seen`` gets every epoch. The same recipe gives the same network.

    Raises:
        Cancelled: ``progress`` raised it.
    """
    with _BUILDING:
        torch.manual_seed(recipe.seed)
        network = build()
    random = torch.Generator().manual_seed(recipe.seed)
    images, targets = _tensors(training)
    batches = -(-len(images) // recipe.batch)
    optimizer = torch.optim.Adam(network.parameters(), recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * batches)
    for epoch in range(recipe.epochs):
        network.train()
        loss_sum, outputs, order = 0.0, [], torch.randperm(len(images), generator=random)
        for index, batch in enumerate(order.split(recipe.batch)):
            given = images[batch].float()
            given = _moved(given, random) if recipe.symmetries else given
            output = network(given)
            loss = _loss(output, targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item() * len(batch)
            outputs.append(output.detach())
            progress(epoch * batches + index + 1, recipe.epochs * batches)
        network.eval()
        while_training = score_of(torch.cat(outputs).numpy(), training.targets[order.numpy()])
        after = score_of(predict(network, held_back.images), held_back.targets)
        seen(EpochScore(epoch + 1, loss_sum / len(images), while_training, after))
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def predict(network: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return the outputs (N, classes) float32 of ``network``, in eval mode, for (N, H, W)."""
    tensor = torch.from_numpy(np.array(images))[:, None]
    parts = [network(part.float()) for part in tensor.split(EVALUATION_BATCH)]
    return torch.cat(parts).numpy()


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return the softmax of logits (N, classes), float64."""
    return softmax(outputs.astype(np.float64), axis=1)


def score_of(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of right classes, or the root mean squared error of numbers."""
    if np.issubdtype(targets.dtype, np.integer):
        return float((outputs.argmax(1) == targets).mean())
    return float(np.sqrt(((outputs[:, 0] - targets) ** 2).mean()))


def _tensors(examples: Examples) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(np.array(examples.images))[:, None]
    targets = torch.from_numpy(np.array(examples.targets))
    return images, targets if examples.are_classes else targets.float()


def _loss(outputs: Tensor, targets: Tensor) -> Tensor:
    if targets.is_floating_point():
        return nn.functional.mse_loss(outputs[:, 0], targets)
    return nn.functional.cross_entropy(outputs, targets)


def _moved(images: Tensor, random: torch.Generator) -> Tensor:
    """Return a batch (n, 1, L, L) shifted, turned, mirrored and of the other sign, at random."""
    side = images.shape[-1]
    row, column, turns, mirror, sign = torch.randint(0, 8 * side, (5,), generator=random).tolist()
    images = torch.roll(images, (row, column), (2, 3)).rot90(turns % 4, (2, 3))
    images = images.flip(3) if mirror % 2 else images
    return -images if sign % 2 else images
