"""The decoded images of EMPS, in one file, by what they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.training.augmentation import Pair

DEV_FRACTION = 0.1


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
