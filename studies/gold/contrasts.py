"""Two kinds of gold images, alike but for what tells a particle: its lattice, or its mass.

Particles have the same size in px and pixels get the same number of electrons, so that a network's
receptive field meets the same task in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import LamellaError
from core.synthesis.gold.image import simulate
from core.synthesis.gold.settings import GoldSettings
from core.training.augmentation import Pair
from core.training.source import SyntheticData

FIELD_PX = 256
STREAMS = {"train": 0, "validation": 1, "test": 2}
COUNTS = {"train": 48, "validation": 4, "test": 32}
DIAMETER_PX = (55.0, 95.0)
ELECTRONS_PER_PX = (25.0, 75.0)
TITLES = {"lattice": "Lattice contrast", "mass": "Low magnification, mass contrast"}


def draw_contrast(contrast: str, random: np.random.Generator) -> GoldSettings:
    """Return settings of one image: "lattice" at 0.035 nm/px, "mass" at 0.12 nm/px.

    Lattice images are taken with a corrected lens near focus, where particles are as bright as the
    carbon. Those of low magnification have an objective aperture that stops every lattice beam.

    Raises:
        LamellaError: another contrast.
    """
    if contrast not in TITLES:
        raise LamellaError(f"{contrast} is no contrast; choose from {', '.join(TITLES)}.")
    lattice = contrast == "lattice"
    pixel = 0.035 if lattice else 0.12
    electrons = float(random.uniform(*ELECTRONS_PER_PX))
    return GoldSettings(
        particles=int(random.integers(2, 6)),
        diameter_nm=(DIAMETER_PX[0] * pixel, DIAMETER_PX[1] * pixel),
        pixel_size_nm=pixel,
        voltage_kv=300.0 if lattice else 200.0,
        cs_mm=0.0 if lattice else 1.2,
        defocus_nm=float(random.uniform(-12, -5) if lattice else random.uniform(-600, -200)),
        focal_spread_nm=2.0 if lattice else 5.0,
        aperture_mrad=50.0 if lattice else 8.0,
        dose_e_per_nm2=electrons / pixel**2,
        carbon_thickness_nm=float(random.uniform(2, 5) if lattice else random.uniform(5, 12)),
    )


def contrast_pairs(contrast: str, part: str, kept: Path | None = None) -> tuple[Pair, ...]:
    """Return the images of 256 px of one ``part``: "train", "validation" or "test".

    No two parts share an image. ``kept``: folder where images once made are kept.
    """
    path = kept / f"{contrast}-{part}.npz" if kept else None
    if path is not None and path.is_file():
        with np.load(path) as file:
            images, labels = file["images"], file["labels"]
    else:
        random = np.random.default_rng((1_000_003, tuple(TITLES).index(contrast), STREAMS[part]))
        made = [
            simulate(draw_contrast(contrast, random), FIELD_PX, int(random.integers(2**31)))
            for _ in range(COUNTS[part])
        ]
        images = np.stack([np.rint(one.grey * 255).astype(np.uint8) for one in made])
        labels = np.stack([one.labels for one in made])
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, images=images, labels=labels)
    return tuple(
        Pair(f"{part}-{index}", image, label)
        for index, (image, label) in enumerate(zip(images, labels, strict=True))
    )


@dataclass(frozen=True, eq=False)
class Crops:
    """Draws crops from ``pairs``, turned and mirrored: the specimen knows no direction."""

    pairs: tuple[Pair, ...]

    def __call__(self, random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return an image (side, side) float32 in [0, 1] and its labels (side, side) uint8."""
        pair = self.pairs[random.integers(len(self.pairs))]
        top, left = (int(random.integers(length - side + 1)) for length in pair.image.shape)
        turns, mirror = int(random.integers(4)), bool(random.integers(2))
        both = []
        for array in (pair.image, pair.labels):
            crop = np.rot90(array[top : top + side, left : left + side], turns)
            both.append(np.ascontiguousarray(crop[:, ::-1] if mirror else crop))
        return both[0].astype(np.float32) / 255, both[1]


def contrast_data(contrast: str, kept: Path | None = None) -> SyntheticData:
    """Return training data of one contrast; see ``contrast_pairs``."""
    train = contrast_pairs(contrast, "train", kept)
    return SyntheticData(Crops(train), train, contrast_pairs(contrast, "validation", kept))
