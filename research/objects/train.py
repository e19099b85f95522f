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
    network = trained(CARD).requires_grad_(True)
    old = network.segmentation_head[0]
    new = nn.Conv2d(old.in_channels, 4, 3, padding=1)
    with torch.no_grad():
        new.weight[:2], new.bias[:2] = old.weight, old.bias
        new.weight[2:] *= 0.1
        new.bias[2:] = torch.tensor([-4.0, -1.0])
    network.segmentation_head[0] = new
    network.encoder.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def rate(progress: float) -> float:
    """One cycle: up over the first 8 %, then a cosine to a thousandth."""
    if progress < 0.08:
        return PEAK * (0.04 + 0.96 * progress / 0.08)
    return PEAK * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (progress - 0.08) / 0.92)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--until", required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--generated", type=float, default=0.0)
    options = parser.parse_args()
    torch.set_num_threads(2)
    pairs = read_cache(options.cache)["train"]
    network = build()
    average = averaged(network, 0.995)
    optimiser = torch.optim.AdamW(
        [p for p in network.parameters() if p.requires_grad], PEAK, weight_decay=WEIGHT_DECAY
    )
    options.folder.mkdir(parents=True, exist_ok=True)
    kept = options.folder / "checkpoint.pt"
    hour, minute = map(int, options.until.split(":"))
    end = datetime.now().replace(hour=hour, minute=minute, second=0).timestamp()
    step, begun = 0, time.time()
    if kept.is_file():
        state = torch.load(kept, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        step, begun = state["step"], state["begun"]
        optimiser.load_state_dict(state["optimiser"])

    def save() -> None:
        state = {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "begun": begun,
        }
        torch.save(state, kept.with_suffix(".part"))
        kept.with_suffix(".part").replace(kept)

    saved, losses, marked = time.time(), [], time.time()
    make = partial(batch, pairs, shares(pairs), options.batch, options.generated)
    for images, targets in made_ahead(make, step, NEVER, 1):
        progress = min((time.time() - begun) / (end - begun), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = float(rate(progress))
        network.train()
        network.encoder.eval()
        seen = ((images - CARD.mean) / CARD.std).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network(seen)
        parts = object_loss(outputs.float(), targets)
        loss = parts[0] + parts[1] + parts[2]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(network)
        step += 1
        losses.append([float(part.detach()) for part in parts])
        if step % 20 == 0:
            mean = np.mean(losses, axis=0).round(3)
            took = (time.time() - marked) / 20
            print(
                step,
                f"{progress:.3f}",
                f"lr {rate(progress):.1e}",
                mean,
                f"{took:.2f} s",
                flush=True,
            )
            losses, marked = [], time.time()
        if time.time() - saved > 180 or progress >= 1:
            save()
            saved = time.time()
        if progress >= 1:
            break


if __name__ == "__main__":
    main()
