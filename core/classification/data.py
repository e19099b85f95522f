"""The images that the kinds are learned from: folders of micrographs, split by specimen, and made
ones.

DIR/particles, DIR/carbon_steel, DIR/superalloy, DIR/coating: each with images/ and index.csv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.classification import made as kind_made
from core.classification.crops import KindImage, random_kind_crop
from core.errors import DataError
from core.formats import read_file
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.dataset import read_index
from core.training.recipe import Recipe

GRAINS = 4
NONE = 5


@dataclass(frozen=True)
class KindFolder:
    """Where micrographs of one kind lie. ``column``: of index.csv, names the specimen or article;
    else ``specimen``: the part of a file's name that does."""

    folder: str
    column: str | None = None
    specimen: str = ".*"


FOLDERS = (
    KindFolder("particles", column="doi"),
    KindFolder("carbon_steel"),
    KindFolder("superalloy", specimen=r"spot\d+"),
    KindFolder("coating", specimen=r"(S\d+_)?\d+_\d+"),
)
"""By index of their kind."""


@dataclass(frozen=True, eq=False)
class KindData:
    """Images by kind. ``shares``: how often each kind is drawn, relative to the others."""

    train: tuple[KindImage, ...]
    validation: tuple[KindImage, ...]
    shares: tuple[float, ...] = (1.4, 1.0, 1.0, 1.0, 1.4, 2.2)

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch: crops float32 in [0, 1], kinds () uint8; each kind by its share."""
        by_kind = [[one for one in self.train if one.kind == kind] for kind in range(NONE + 1)]
        shares = np.array(self.shares) / sum(self.shares)
        batch = []
        for kind in random.choice(len(by_kind), recipe.batch, p=shares):
            image = by_kind[kind][random.integers(len(by_kind[kind]))]
            crop = random_kind_crop(image, recipe.crop_px, recipe.augmentation, random)
            batch.append((crop, np.array(kind, np.uint8)))
        return batch


def kind_data(folder: Path, recipe: Recipe) -> KindData:
    """Return everything that the kinds are learned from.

    Raises:
        DataError: a folder that is missing, empty, or without a specimen for validation.
    """
    train, validation = split_micrographs(folder, recipe)
    return KindData((*train, *made_for_training()), (*validation, *made_for_validation()))


def split_micrographs(folder: Path, recipe: Recipe) -> tuple[list[KindImage], list[KindImage]]:
    """Return the micrographs for training and those for validation, with no specimen in common.

    Raises:
        DataError: a folder that is missing, empty, or without a specimen for validation.
    """
    train: list[KindImage] = []
    validation: list[KindImage] = []
    for kind, source in enumerate(FOLDERS):
        images, held_back = read_kind(folder, kind, source, recipe)
        train += [image for image in images if image.specimen not in held_back]
        validation += [image for image in images if image.specimen in held_back]
    return train, validation


def made_for_training() -> tuple[KindImage, ...]:
    """Return grains, particles and other images from the seeds for training."""
    seed = kind_made.TRAIN_SEED
    return (
        *kind_made.made_particles(0, seed, 6),
        *kind_made.made_grains(GRAINS, seed, 120),
        *kind_made.made_others(NONE, seed, kind_made.OTHERS, 14),
        # Photographs count as much as several kinds of made images.
        *6 * kind_made.photographs(NONE, kind_made.PHOTOGRAPHS),
    )


def made_for_validation() -> tuple[KindImage, ...]:
    """Return made images from other seeds and of kinds that training never sees."""
    seed = kind_made.VALIDATION_SEED
    return (
        *kind_made.made_grains(GRAINS, seed, 16),
        *kind_made.made_others(NONE, seed, kind_made.OTHERS, 1),
        *kind_made.made_others(NONE, seed, kind_made.OTHERS_HELD_BACK, 2),
        *kind_made.photographs(NONE, kind_made.PHOTOGRAPHS_HELD_BACK[::2]),
    )


def read_kind(
    folder: Path, kind: int, source: KindFolder, recipe: Recipe
) -> tuple[list[KindImage], set[str]]:
    """Return the micrographs of one kind, and the specimens that are held back for validation.

    Those are the specimens of the images that the index calls "val" where it does, else a share
    drawn at random.
    """
    place = folder / source.folder
    if not (place / "images").is_dir():
        raise DataError(f"There is no folder {place / 'images'}; it is needed, with micrographs.")
    index, images = read_index(place), read_images(source, place, kind)
    named = {one.specimen for one in images if index.get(one.name, {}).get("split") == "val"}
    if not named:
        groups = sorted({one.specimen for one in images})
        np.random.default_rng(recipe.split_seed).shuffle(groups)
        named = set(groups[: max(1, round(recipe.validation_fraction * len(groups)))])
    if named >= {one.specimen for one in images}:
        raise DataError(f"{place} has images of one specimen only; two or more are needed.")
    return images, named


def read_images(source: KindFolder, place: Path, kind: int) -> list[KindImage]:
    """Return the micrographs in ``place``/images as a classifier sees them."""
    index = read_index(place)
    return [
        KindImage(
            path.stem,
            eight_bit(image_field(read_file(path)).grey),
            kind,
            specimen_of(path.stem, index.get(path.stem, {}), source),
        )
        for path in sorted((place / "images").iterdir())
    ]


def specimen_of(stem: str, row: dict[str, str], source: KindFolder) -> str:
    """Return which specimen or article an image shows; its own name where that is not known."""
    if source.column is not None and row.get(source.column):
        return row[source.column]
    found = re.match(source.specimen, stem)
    return found.group(0) if found else stem
