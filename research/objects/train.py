"""Train a model that tells particles apart further: on images, drawn crowds, and empty films.

    python -m research.objects.train DIR FOLDER --steps 500
    python -m research.objects.train DIR FOLDER --steps 500 --model particles-resnet18 \\
        --teacher particles --peak 8e-4 --frozen encoder.conv1 encoder.bn1 encoder.layer1

DIR is the data folder of `particles`. FOLDER gets a checkpoint, from which a run that was killed
goes on, and at the end the weights: the mean of those that the run began with and of its own. With
a teacher the model's encoder gets the teacher's decoder to begin with
(`research.objects.decoder`), and learns from the teacher's answers beside the masks. A model that
is its own teacher keeps to its answers on micrographs, and learns drawn images from their masks
alone; batch normalization then stays as it is, for drawn images would move what it is based on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.measurement.agreement import mean_of_known
from core.measurement.object_agreement import ObjectAgreement, match_objects
from core.pixels.resampling import resample
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.preprocessing import grey_levels
from core.segmentation.settings import ObjectSettings
from core.synthesis.annotations import annotate
from core.synthesis.bars_and_rings import draw_bars, draw_rings
from core.synthesis.crowds import draw_crowd
from core.synthesis.films import draw_film
from core.training.augmentation import Augmentation, Pair, degrade, random_crop
from core.training.object_targets import contact_line, object_targets
from core.training.prefetch import made_ahead
from core.types.model_card import ModelCard
from models import zoo
from models.weights_file import save_weights, trained
from research.objects.decoder import with_decoder_of
from research.objects.images import read_sides
from research.objects.outputs import outputs
from research.objects.training import NEVER, SAVED_SECONDS, Training, rate

SEEN_AT = 0.85
AUGMENTATION = Augmentation(scale=(0.5, 1.8), invert=0.15, rotation_degrees=(-30, 30))
SIDE = 256
ANNOTATED = 0.15
# Of the crops: drawn crowds, a third of them bars or rings; films.
CROWDS, FILMS = 0.24, 0.14
DRAWN = 500
BARS, RINGS = 0.3, 0.2


def shares(pairs: list[Pair]) -> np.ndarray:
    """Return how often each image is drawn: half evenly, half by the length of its contacts."""
    contacts = np.sqrt([contact_line(pair.labels).sum() for pair in pairs])
    return 0.5 / len(pairs) + 0.5 * contacts / contacts.sum()


@dataclass(frozen=True, eq=False)
class Source:
    """Where crops come from: images drawn by ``share``; films; and ``drawn`` crowds made
    beforehand, which differ from one use to the next by flips, quarter turns and how they were
    recorded, half of them at the full range of grey."""

    pairs: list[Pair]
    share: np.ndarray
    drawn: list[tuple[np.ndarray, np.ndarray]]
    count: int
    seed: int

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return images and targets of one step, and which are micrographs, the same for the same
        step."""
        random = np.random.default_rng((self.seed, step))
        images, targets, real = [], [], []
        for index in random.choice(len(self.pairs), self.count, p=self.share):
            # The first is a micrograph, so that a teacher has one to answer about.
            kind = random.random() if images else 1.0
            if kind < CROWDS:
                image, ids = self._crowd(random)
            elif kind < CROWDS + FILMS:
                image, ids = _film(random), np.zeros((SIDE, SIDE), np.uint16)
            else:
                image, ids = random_crop(self.pairs[index], SIDE, AUGMENTATION, random)
                if random.random() < ANNOTATED:
                    image = annotate(image, random)
            images.append(image)
            targets.append(object_targets(ids))
            real.append(kind >= CROWDS + FILMS)
        seen = torch.from_numpy(np.stack(images))[:, None]
        return seen, torch.from_numpy(np.stack(targets)), torch.tensor(real)

    def _crowd(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        image, ids = self.drawn[random.integers(len(self.drawn))]
        turns, flip = random.integers(4), random.choice((-1, 1))
        image, ids = (np.rot90(one, turns)[:, ::flip] for one in (image, ids))
        image, ids = np.ascontiguousarray(image), np.ascontiguousarray(ids)
        image = degrade(image, AUGMENTATION, random)
        return (grey_levels(image) if random.random() < 0.5 else image), ids


def draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a drawn image and its instances: a crowd, bars or rings."""
    kind = random.random()
    if kind < BARS:
        return draw_bars(random, SIDE)
    if kind < BARS + RINGS:
        return draw_rings(random, SIDE)
    return draw_crowd(random, SIDE)


def _film(random: np.random.Generator) -> np.ndarray:
    image = grey_levels(draw_film(random, round(SIDE / SEEN_AT)))
    if random.random() < 0.5:
        image = image ** np.exp(random.uniform(-0.3, 0.3))
        image = (image - 0.5) * random.uniform(0.7, 1) + 0.5
    return np.clip(resample(image.astype(np.float32), (SIDE, SIDE)), 0, 1)


def scored(card: ModelCard, network: nn.Module, pairs: list[Pair]) -> str:
    """Return the F1 of the objects in words: at 0.5, mean over images and pooled; at 0.75."""
    found = []
    for pair in pairs:
        grey = pair.image.astype(np.float32) / 255
        particle, contact, distance = outputs(card, network, grey, SEEN_AT)
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
    """Train, and write the averaged weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=np.inf, help="after which it ends anyway")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--peak", type=float, default=3e-4, help="largest learning rate")
    parser.add_argument("--new", type=float, default=0.5, help="share of the new weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--model", default="particles")
    parser.add_argument("--teacher")
    parser.add_argument("--frozen", nargs="+", default=["encoder."], help="prefixes of parameters")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    sides = read_sides(options.data)
    pairs = list(sides["train"])
    card, teacher = zoo.card(options.model), None
    own = options.teacher == options.model
    if options.teacher:
        teacher = trained(zoo.card(options.teacher))
    if teacher is not None and not own:
        network = with_decoder_of(teacher, card, pairs, AUGMENTATION)
    else:
        network = trained(card)
    checkpoint, frozen = options.folder / "checkpoint.pt", tuple(options.frozen)
    run = Training(card, network, checkpoint, options.bfloat16, frozen, teacher, own)
    seeds = ((options.seed, number) for number in range(DRAWN))
    drawn = [draw(np.random.default_rng(seed)) for seed in seeds]
    source = Source(pairs, shares(pairs), drawn, options.batch, options.seed)
    saved, losses = time.time(), []
    for images, targets, real in made_ahead(source.batch, run.step, NEVER, 1):
        progress = max(run.step / options.steps, (time.time() - run.begun) / options.seconds)
        if progress >= 1:
            break
        now = rate(progress, options.peak)
        losses.append(run.learn(images, targets, now, real if own else None))
        if run.step % 20 == 0:
            print(run.step, np.mean(losses, axis=0).round(3), flush=True)
            losses = []
        if time.time() - saved > SAVED_SECONDS:
            run.save()
            saved = time.time()
    run.save()
    state = run.mixed(options.new)
    run.network.load_state_dict(state)
    for side in ("dev", "val"):
        print(side, scored(card, run.network.eval(), list(sides[side])), flush=True)
    print(save_weights(state, options.folder / f"{card.name}.safetensors"))


if __name__ == "__main__":
    main()
