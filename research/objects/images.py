"""The images of EMPS by what they are for: to train, to choose settings, to validate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.training.augmentation import Pair
from core.training.dataset import load_split
from models.zoo import particles

DEVELOPMENT_SHARE = 0.1


def read_sides(data: Path) -> dict[str, tuple[Pair, ...]]:
    """Return the images of the folder ``data`` by side: "train"; "dev", images of the training
    articles that choose settings and are not trained on; "val"."""
    split = load_split(data, particles.recipe(), len(particles.PHASES))
    kept = development_groups([pair.group for pair in split.train])
    return {
        "train": tuple(pair for pair in split.train if pair.group not in kept),
        "dev": tuple(pair for pair in split.train if pair.group in kept),
        "val": split.validation,
    }


def development_groups(groups: list[str]) -> set[str]:
    """Return the articles, of these, that choose settings."""
    names = sorted(set(groups))
    np.random.default_rng(7).shuffle(names)
    return set(names[: round(DEVELOPMENT_SHARE * len(names))])
