"""The small networks of the lecture on Ising snapshots, straight and shuffled: an MLP, a CNN that
averages over all places, and one that flattens its map instead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import nn

HERE = Path(__file__).parent
MEASURED = HERE / "shuffle.json"
SNAPSHOTS = HERE / "snapshots.npz"
SIDE = 16
NETWORKS = ("mlp", "cnn", "flat")
INPUTS = ("straight", "shuffled")


@dataclass(frozen=True)
class ShufflingScore:
    """Accuracy of one network on one kind of input: ``folds``, one number each, and their mean."""

    network: str
    inputs: str
    parameters: int
    folds: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.folds) / len(self.folds)


def build_mlp() -> nn.Sequential:
    """Return the dense network: (N, 1, 16, 16) -> (N, 2) logits; 64 hidden units."""
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, 2))


def build_cnn() -> nn.Sequential:
    """Return one circular 3 x 3 convolution, averaged: (N, 1, 16, 16) -> (N, 2) logits."""
    from models.architectures.small import build_symmetric

    return build_symmetric()


def build_flat() -> nn.Sequential:
    """Return the convolution of :func:`build_cnn`, flattened into a dense layer: (N, 1, 16, 16) ->
    (N, 2) logits; 4,178 parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, padding_mode="circular"),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * SIDE * SIDE, 2),
    )


def build(network: str) -> nn.Sequential:
    """Return one of NETWORKS, untrained."""
    return {"mlp": build_mlp, "cnn": build_cnn, "flat": build_flat}[network]()


def load(network: str, inputs: str) -> nn.Sequential:
    """Return one of NETWORKS as trained on "straight" or "shuffled" images, in eval mode.

    Raises:
        ModelError: the weights are missing, damaged, or do not fit.
    """
    from core.types.model_card import Weights
    from models.weights_file import load_weights

    name = f"{network}_{inputs}"
    sha256 = json.loads(MEASURED.read_text("utf-8"))["weights_sha256"][name]
    made = build(network)
    load_weights(made, Weights(HERE / f"{name}.safetensors", sha256))
    return made.eval().requires_grad_(False)


def snapshots() -> tuple[np.ndarray, np.ndarray]:
    """Return generated snapshots (N, 16, 16) float32 in {-1, 1}, coldest first, and labels (N,).

    No network was trained on them; ``research.lecture.make_snapshots`` made them.
    """
    with np.load(SNAPSHOTS) as kept:
        spins = np.unpackbits(kept["spins"]).reshape(-1, SIDE, SIDE)
        return np.where(spins, 1, -1).astype(np.float32), kept["labels"].astype(np.int64)


def measured() -> tuple[ShufflingScore, ...]:
    """Return what ``python -m research.lecture.train_shuffle`` measured, on images held back."""
    rows = json.loads(MEASURED.read_text("utf-8"))["accuracy"]
    return tuple(ShufflingScore(**{**row, "folds": tuple(row["folds"])}) for row in rows)
