"""Train plain and residual networks of 20 and 56 layers to count particles, as the lecture shows.

    python -m research.lecture.train_depths DIR

The networks and their training are those of He et al. 2016 (arXiv:1512.03385, section 4.2): SGD
with a momentum of 0.9, a learning rate of 0.1 that is divided by 10 twice, weight decay 1e-4, batch
norm, He's initialization. So that part of one processor core is enough, the stages have 8, 16 and
32 channels instead of 16, 32 and 64, the images 16 x 16 px, and the steps are 640 of 64 images
instead of 64,000 of 128. DIR keeps the state of each run, so that it can be interrupted. The runs
share their time, so that all reach the same step together.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.concepts.counting import MOST, Counted, particles
from core.concepts.depth.cifar_family import build
from models.lecture.depths import MEASURED

RUNS = tuple((layers, skip) for skip in (False, True) for layers in (20, 56))
WIDTHS = (8, 16, 32)
TRAINING, TEST = 8000, 2000
STEPS, BATCH, EVERY = 640, 64, 80
SLOWER_AT = (400, 560)
RATE, MOMENTUM, DECAY = 0.1, 0.9, 1e-4


class Run:
    """One network on its way. ``curve``: (step, training error, test error), errors in [0, 1]."""

    def __init__(self, layers: int, skip: bool, folder: Path) -> None:
        self.layers, self.skip = layers, skip
        self.file = folder / f"{'residual' if skip else 'plain'}-{layers}.pt"
        self.network = build(layers, skip, WIDTHS, channels=1, classes=MOST)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), RATE, momentum=MOMENTUM, weight_decay=DECAY
        )
        self.curve: list[tuple[int, float, float]] = []
        self.seconds = 0.0
        if self.file.is_file():
            state = torch.load(self.file, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.curve = [tuple(point) for point in state["curve"]]
            self.seconds = state["seconds"]

    @property
    def step(self) -> int:
        return self.curve[-1][0] if self.curve else 0

    def train(self, training: Counted, test: Counted) -> None:
        """Go on for EVERY steps, measure, and keep the state."""
        begun = time.process_time()
        wrong = 0
        self.network.train()
        for step in range(self.step, self.step + EVERY):
            wrong += self._learn(training, step)
        point = (self.step + EVERY, wrong / (EVERY * BATCH), self._error(test))
        self.curve.append(point)
        self.seconds += time.process_time() - begun
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "curve": self.curve,
            "seconds": self.seconds,
        }
        beside = self.file.with_suffix(".new")
        torch.save(state, beside)
        beside.replace(self.file)
        print(self.file.stem, *(f"{value:.4g}" for value in point), flush=True)

    def _learn(self, training: Counted, step: int) -> int:
        """Take one step; return how many of its images were put into a wrong class."""
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * 0.1 ** sum(step >= later for later in SLOWER_AT)
        a_pass = TRAINING // BATCH
        order = np.random.default_rng((0, step // a_pass)).permutation(TRAINING)
        batch = order[step % a_pass * BATCH :][:BATCH]
        images = np.rot90(training.images[batch], step % 4, (1, 2))
        if step // 4 % 2:
            images = images[:, ::-1]
        logits = self.network(_inputs(images))
        labels = torch.from_numpy(training.counts[batch] - 1)
        loss = functional.cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return int((logits.argmax(1) != labels).sum())

    @torch.no_grad()
    def _error(self, test: Counted) -> float:
        self.network.eval()
        parts = torch.from_numpy(test.images)[:, None].split(500)
        found = torch.cat([self.network(part).argmax(1) for part in parts])
        return float((found.numpy() != test.counts - 1).mean())


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(images))[:, None]


def write(runs: list[Run]) -> None:
    """Write the curves of all runs where the lecture reads them."""
    measured = {
        "task": f"count 1 to {MOST} particles, 16 x 16 px",
        "command": "python -m research.lecture.train_depths DIR",
        "widths": WIDTHS,
        "images": {"training": TRAINING, "test": TEST},
        "steps": STEPS,
        "batch": BATCH,
        "runs": [
            {
                "layers": run.layers,
                "skip": run.skip,
                "parameters": sum(weight.numel() for weight in run.network.parameters()),
                "processor_s": round(run.seconds),
                "step": [step for step, _, _ in run.curve],
                "training_error": [round(error, 4) for _, error, _ in run.curve],
                "test_error": [round(error, 4) for _, _, error in run.curve],
            }
            for run in runs
        ],
    }
    MEASURED.write_text(json.dumps(measured) + "\n", "utf-8")


def main(folder: Path) -> None:
    """Train all runs to the end, and write their curves."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    training, test = particles(TRAINING, seed=1), particles(TEST, seed=2)
    runs = [Run(layers, skip, folder) for layers, skip in RUNS]
    while any(run.step < STEPS for run in runs):
        min(runs, key=lambda run: run.step).train(training, test)
    write(runs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
