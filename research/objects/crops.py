"""Crops to tell particles apart by: of micrographs, drawn crowds and films."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.pixels.resampling import resample
from core.segmentation.preprocessing import grey_levels
from core.synthesis.annotations import annotate
from core.synthesis.bars_and_rings import draw_bars, draw_rings
from core.synthesis.crowds import draw_crowd
from core.synthesis.films import draw_film
from core.training.augmentation import Augmentation, Pair, degrade, random_crop
from core.training.object_targets import contact_line, object_targets

SEEN_AT = 0.85
AUGMENTATION = Augmentation(scale=(0.5, 1.8), invert=0.15, rotation_degrees=(-30, 30))
SIDE = 320
ANNOTATED = 0.15
# Of the crops: drawn crowds, a third of them bars or rings; films.
CROWDS, FILMS = 0.24, 0.14
DRAWN = 500
BARS, RINGS = 0.3, 0.2


def drawn_crowds(seed: int, count: int = DRAWN) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return drawn images and their instances, the same for the same ``seed``."""
    return [draw(np.random.default_rng((seed, number))) for number in range(count)]


def shares(pairs: list[Pair]) -> np.ndarray:
    """Return how often each image is drawn: half evenly, half by the length of its contacts."""
    contacts = np.sqrt([contact_line(pair.labels).sum() for pair in pairs])
    return 0.5 / len(pairs) + 0.5 * contacts / contacts.sum()


@dataclass(frozen=True, eq=False)
class Source:
    """Where crops come from: images drawn by ``share``; films; and ``drawn`` crowds made
    beforehand, which differ from one use to the next by flips, quarter turns and how they were
    recorded, half of them at the full range of grey. Without images all are drawn."""

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
        indices = np.zeros(self.count, int)
        if self.pairs:
            indices = random.choice(len(self.pairs), self.count, p=self.share)
        for index in indices:
            # The first is a micrograph, so that a teacher has one to answer about.
            kind = random.random() if images or not self.pairs else 1.0
            kind *= 1 if self.pairs else CROWDS + FILMS
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
