"""Train `particles` with contact and normalized distance, for as long as there is time.

    python -m research.objects.train CACHE.npz FOLDER --until HH:MM

The learning rate follows the clock: one cycle from the first start to ``--until``, so that it has
come down whatever else the machine did. Killed, it goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.synthesis.annotations import annotate
from core.synthesis.crowds import draw_crowd
from core.training.augmentation import Augmentation, Pair, degrade, random_crop
from core.training.averaging import averaged
from core.training.losses import object_loss
from core.training.object_targets import contact_line, object_targets
from core.training.prefetch import made_ahead
from models.weights_file import trained
from models.zoo.particles import CARD

AUGMENTATION = Augmentation(scale=(0.5, 1.8), invert=0.15, rotation_degrees=(-30, 30))
SIDE, PEAK, WEIGHT_DECAY = 256, 1e-3, 1e-4
DEV_FRACTION, ANNOTATED = 0.1, 0.15
NEVER = 10**9
SAVED_SECONDS = 180


def development_groups(groups: list[str]) -> set[str]:
    """Return the training articles that choose h and sigma, never trained on."""
    names = sorted(set(groups))
    np.random.default_rng(7).shuffle(names)
    return set(names[: round(DEV_FRACTION * len(names))])


def read_cache(path: Path) -> dict[str, list[Pair]]:
    """Return the images by side: train, dev, val."""
    stored = np.load(path)
    found: dict[str, list[Pair]] = {"train": [], "dev": [], "val": []}
    keys = [key[:-2] for key in stored.files if key.endswith("|i")]
    dev = development_groups([key.split("|")[2] for key in keys if key.startswith("train")])
    for key in keys:
        side, stem, group = key.split("|")
        side = "dev" if side == "train" and group in dev else side
        found[side].append(Pair(stem, stored[f"{key}|i"], stored[f"{key}|m"], group))
    return found


def shares(pairs: list[Pair]) -> np.ndarray:
    """Return how often each image is drawn: half evenly, half by the length of its contacts."""
    contacts = np.sqrt([contact_line(pair.labels).sum() for pair in pairs])
    return 0.5 / len(pairs) + 0.5 * contacts / contacts.sum()


def batch(
    pairs: list[Pair], share: np.ndarray, count: int, generated: float, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng((11, step))
    images, targets = [], []
    for index in random.choice(len(pairs), count, p=share):
        if random.random() < generated:
            image, ids = draw_crowd(random, SIDE)
            image = degrade(image, AUGMENTATION, random)
        else:
            image, ids = random_crop(pairs[index], SIDE, AUGMENTATION, random)
            if random.random() < ANNOTATED:
                image = annotate(image, random)
        images.append(image)
        targets.append(object_targets(ids))
    return torch.from_numpy(np.stack(images))[:, None], torch.from_numpy(np.stack(targets))


def build() -> nn.Module:
    """Return the shipped network with four outputs and a frozen encoder, to train on."""
    network = trained(CARD).requires_grad_(True)
    old = network.get_submodule("segmentation_head.0")
    new = nn.Conv2d(old.in_channels, 4, 3, padding=1)
    known = old.out_channels
    with torch.no_grad():
        new.weight[known:] *= 0.1
        new.bias[2:] = torch.tensor([-4.0, -1.0])
        new.weight[:known], new.bias[:known] = old.weight, old.bias
    network.segmentation_head[0] = new
    network.encoder.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def rate(progress: float) -> float:
    """One cycle: up over the first 8 %, then a cosine to a thousandth."""
    if progress < 0.08:
        return PEAK * (0.04 + 0.96 * progress / 0.08)
    return PEAK * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (progress - 0.08) / 0.92)))


class Training:
    """A network, its average, its optimizer and where they stand; a checkpoint goes on."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.network = build()
        self.average = averaged(self.network, 0.995)
        learning = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(learning, PEAK, weight_decay=WEIGHT_DECAY)
        self.step, self.begun = 0, time.time()
        if checkpoint.is_file():
            state = torch.load(checkpoint, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.begun = state["step"], state["begun"]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "begun": self.begun,
        }
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def learn(
        self, images: torch.Tensor, targets: torch.Tensor, learning_rate: float
    ) -> list[float]:
        """Take one step; return the losses of phases, contact and distance."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.network.train()
        self.network.get_submodule("encoder").eval()
        seen = ((images - CARD.mean) / CARD.std).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.network(seen)
        parts = object_loss(outputs.float(), targets)
        self.optimizer.zero_grad(set_to_none=True)
        (parts[0] + parts[1] + parts[2]).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return [float(part.detach()) for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--until", required=True, metavar="HH:MM")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--generated", type=float, default=0.0, help="share of drawn crowds")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    pairs = read_cache(options.cache)["train"]
    run = Training(options.folder / "checkpoint.pt")
    hour, minute = map(int, options.until.split(":"))
    end = datetime.now().replace(hour=hour, minute=minute, second=0).timestamp()
    make = partial(batch, pairs, shares(pairs), options.batch, options.generated)
    saved, losses = time.time(), []
    for images, targets in made_ahead(make, run.step, NEVER, 1):
        progress = min((time.time() - run.begun) / (end - run.begun), 1.0)
        losses.append(run.learn(images, targets, float(rate(progress))))
        if run.step % 20 == 0:
            print(run.step, f"{progress:.3f}", np.mean(losses, axis=0).round(3), flush=True)
            losses = []
        if time.time() - saved > SAVED_SECONDS or progress >= 1:
            run.save()
            saved = time.time()
        if progress >= 1:
            break


if __name__ == "__main__":
    main()
