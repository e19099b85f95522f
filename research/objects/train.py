"""Train `particles` further, the encoder too, for as long as there is time.

    python -m research.objects.train DIR FOLDER --until HH:MM

DIR is the model's data folder. The learning rate follows the clock: one cycle from the first start
to ``--until``, so that it has come down whatever else the machine did. Killed, it goes on from its
checkpoint.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.measurement.agreement import ObjectAgreement, match_objects, mean_of_known
from core.segmentation.object_watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.synthesis.annotations import annotate
from core.synthesis.crowds import draw_crowd
from core.training.augmentation import Augmentation, Pair, degrade, random_crop
from core.training.averaging import averaged
from core.training.losses import object_loss
from core.training.object_targets import contact_line, object_targets
from core.training.prefetch import made_ahead
from models.weights_file import trained
from models.zoo.particles import CARD
from research.objects.images import read_sides
from research.objects.outputs import outputs

AUGMENTATION = Augmentation(scale=(0.5, 1.8), invert=0.15, rotation_degrees=(-30, 30))
SIDE, PEAK, WEIGHT_DECAY = 256, 6e-4, 1e-4
# The encoder's share of the learning rate: it has learned longer, and on more.
ENCODER = 0.2
# The stages at full and half resolution, which cost most and change least.
FROZEN = tuple(f"encoder.model.{part}" for part in ("conv_stem", "bn1", "blocks.0", "blocks.1"))
ANNOTATED = 0.15
NEVER = 10**9
SAVED_SECONDS = 180
SCORED_SECONDS = 1320
DRAWN = 600


def shares(pairs: list[Pair], scores: Path | None) -> np.ndarray:
    """Return how often each image is drawn: a third evenly, a third by the length of its contacts,
    a third by what its objects' F1 lacks, up to 0.6: below that the mask may be what is wrong."""
    contacts = np.sqrt([contact_line(pair.labels).sum() for pair in pairs])
    if scores is None:
        return 0.5 / len(pairs) + 0.5 * contacts / contacts.sum()
    known = np.load(scores)
    lacking = np.array([np.nan_to_num(1 - known[f"train|{pair.stem}"]) for pair in pairs])
    lacking = lacking.clip(0.02, 0.6)
    return (1 / len(pairs) + contacts / contacts.sum() + lacking / lacking.sum()) / 3


@dataclass(frozen=True, eq=False)
class Source:
    """Where crops come from: images drawn by ``share``, and ``drawn`` crowds made beforehand, which
    differ from one use to the next by flips, quarter turns and how they were recorded."""

    pairs: list[Pair]
    share: np.ndarray
    drawn: list[tuple[np.ndarray, np.ndarray]]
    generated: float
    count: int

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return images and targets of one step, the same for the same step."""
        random = np.random.default_rng((12, step))
        images, targets = [], []
        for index in random.choice(len(self.pairs), self.count, p=self.share):
            if random.random() < self.generated:
                image, ids = self.drawn[random.integers(len(self.drawn))]
                turns, flip = random.integers(4), random.choice((-1, 1))
                image, ids = (np.rot90(one, turns)[:, ::flip] for one in (image, ids))
                image, ids = np.ascontiguousarray(image), np.ascontiguousarray(ids)
                image = degrade(image, AUGMENTATION, random)
            else:
                image, ids = random_crop(self.pairs[index], SIDE, AUGMENTATION, random)
                if random.random() < ANNOTATED:
                    image = annotate(image, random)
            images.append(image)
            targets.append(object_targets(ids))
        return torch.from_numpy(np.stack(images))[:, None], torch.from_numpy(np.stack(targets))


def build() -> nn.Module:
    """Return the shipped network, to train all but the first stages of its encoder."""
    network = trained(CARD)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(FROZEN))
    return network.to(memory_format=torch.channels_last)


def rate(progress: float) -> float:
    """One cycle: up over the first 8 %, then a cosine to a thousandth."""
    if progress < 0.08:
        return float(PEAK * (0.04 + 0.96 * progress / 0.08))
    return float(PEAK * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (progress - 0.08) / 0.92))))


class Training:
    """A network, its average, its optimizer and where they stand; a checkpoint goes on."""

    def __init__(self, checkpoint: Path, bfloat16: bool) -> None:
        self.checkpoint, self.bfloat16 = checkpoint, bfloat16
        self.network = build()
        self.average = averaged(self.network, 0.995)
        encoder = list(self.network.get_submodule("encoder").parameters())
        known = set(map(id, encoder))
        others = [p for p in self.network.parameters() if id(p) not in known]
        parts = [{"params": others, "share": 1.0}, {"params": encoder, "share": ENCODER}]
        self.optimizer = torch.optim.AdamW(parts, PEAK, weight_decay=WEIGHT_DECAY)
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
            group["lr"] = learning_rate * group["share"]
        self.network.train()
        self.network.get_submodule("encoder").eval()
        seen = ((images - CARD.mean) / CARD.std).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            outputs = self.network(seen)
        parts = object_loss(outputs.float(), targets)
        self.optimizer.zero_grad(set_to_none=True)
        (parts[0] + parts[1] + parts[2]).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return [float(part.detach()) for part in parts]


def scored(network: nn.Module, pairs: list[Pair]) -> str:
    """Return the F1 of the objects in words: at 0.5, mean over images and pooled; at 0.75."""
    found = []
    for pair in pairs:
        grey = pair.image.astype(np.float32) / 255
        particle, contact, distance = outputs(network, grey, CARD.tta_scales[0])
        objects = separate_by_distance(particle > 0.5, contact, distance, ObjectSettings())
        found.append([match_objects(pair.labels, objects, iou) for iou in (0.5, 0.75)])
    half, high = zip(*found, strict=True)
    mean = mean_of_known([one.f1 for one in half])
    return f"F1 {mean:.4f}, pooled {pooled(half).f1:.4f}, at 0.75 {pooled(high).f1:.4f}"


def pooled(matches: Sequence[ObjectAgreement]) -> ObjectAgreement:
    """Return the matches of several images as one."""
    return ObjectAgreement(
        sum(one.true_positives for one in matches),
        sum(one.false_positives for one in matches),
        sum(one.false_negatives for one in matches),
        sum(one.iou_sum for one in matches),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--until", required=True, metavar="HH:MM")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--generated", type=float, default=0.25, help="share of drawn crowds")
    parser.add_argument("--scores", type=Path, help="F1 of each training image: stem to number")
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sides = read_sides(options.data)
    pairs = list(sides["train"])
    checked = {"dev": sides["dev"][::2], "val": sides["val"][::3]}
    run = Training(options.folder / "checkpoint.pt", options.bfloat16)
    hour, minute = map(int, options.until.split(":"))
    end = datetime.now().replace(hour=hour, minute=minute, second=0).timestamp()
    drawn = [draw_crowd(np.random.default_rng((13, seed)), SIDE) for seed in range(DRAWN)]
    share = shares(pairs, options.scores)
    source = Source(pairs, share, drawn, options.generated, options.batch)
    saved = checked_at = time.time()
    losses = []
    for images, targets in made_ahead(source.batch, run.step, NEVER, 1):
        progress = min((time.time() - run.begun) / (end - run.begun), 1.0)
        losses.append(run.learn(images, targets, rate(progress)))
        if run.step % 20 == 0:
            clock = f"{datetime.now():%H:%M:%S}"
            print(clock, run.step, f"{progress:.3f}", np.mean(losses, axis=0).round(3), flush=True)
            losses = []
        if time.time() - saved > SAVED_SECONDS or progress >= 1:
            run.save()
            saved = time.time()
        if time.time() - checked_at > SCORED_SECONDS or progress >= 1:
            for side, some in checked.items():
                print(side, scored(run.average.module, some), flush=True)
            checked_at = time.time()
        if progress >= 1:
            break


if __name__ == "__main__":
    main()
