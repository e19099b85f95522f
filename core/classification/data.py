"""Training images of the classifier: folders of micrographs, split by specimen, and made
ones.

DIR/particles, DIR/carbon_steel, DIR/superalloy, DIR/coating: each with images/ and index.csv.
DIR/stem_boxes, where there is one: images/ of supported metal particles, besides generated ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.classification import made as synthetic_images
from core.classification.crops import LabelledImage, random_classification_crop
from core.errors import DataError
from core.formats import read_file
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.dataset import read_index
from core.training.recipe import Recipe

GRAINS = 4
SUPPORTED = 5
NONE = 6


@dataclass(frozen=True)
class ClassFolder:
    """Where micrographs of one class lie. ``column``: of index.csv, names the specimen or article;
    else ``specimen``: the part of a file's name that does. ``held_back``: the specimens for
    validation, by a pattern; "" = as the index says, or drawn at random."""

    folder: str
    column: str | None = None
    specimen: str = ".*"
    held_back: str = ""


FOLDERS = (
    ClassFolder("particles", column="doi"),
    ClassFolder("carbon_steel"),
    ClassFolder("superalloy", specimen=r"spot\d+"),
    ClassFolder("coating", specimen=r"(S\d+_)?\d+_\d+"),
)
"""By index of their class."""
SUPPORTED_FOLDER = ClassFolder("stem_boxes", specimen="[A-Z][a-z]", held_back="Pt")
"""By metal; the model `supported-particles` is tested on those of platinum too."""
SUPPORTED_REPEATS = 8
"""How often a recorded image of supported particles counts, beside many generated ones."""


@dataclass(frozen=True, eq=False)
class ClassificationData:
    """Images by class. ``shares``: how often each class is drawn, relative to the others."""

    train: tuple[LabelledImage, ...]
    validation: tuple[LabelledImage, ...]
    shares: tuple[float, ...] = (1.4, 1.0, 1.0, 1.0, 1.4, 1.4, 2.2)

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch: crops float32 in [0, 1], classes () uint8; each class by its share."""
        by_class = [
            [one for one in self.train if one.image_class == image_class]
            for image_class in range(NONE + 1)
        ]
        shares = np.array(self.shares) / sum(self.shares)
        batch = []
        for image_class in random.choice(len(by_class), recipe.batch, p=shares):
            image = by_class[image_class][random.integers(len(by_class[image_class]))]
            crop = random_classification_crop(image, recipe.crop_px, recipe.augmentation, random)
            batch.append((crop, np.array(image_class, np.uint8)))
        return batch


def classification_data(folder: Path, recipe: Recipe) -> ClassificationData:
    """Return the images of all classes for training and validation.

    Raises:
        DataError: a folder that is missing, empty, or without a specimen for validation.
    """
    train, validation = split_micrographs(folder, recipe)
    return ClassificationData((*train, *made_for_training()), (*validation, *made_for_validation()))


def split_micrographs(
    folder: Path, recipe: Recipe
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Return the micrographs for training and those for validation, with no specimen in common.

    Raises:
        DataError: a folder that is missing, empty, or without a specimen for validation.
    """
    train: list[LabelledImage] = []
    validation: list[LabelledImage] = []
    for image_class, source in enumerate(FOLDERS):
        images, held_back = read_class(folder, image_class, source, recipe)
        train += [image for image in images if image.specimen not in held_back]
        validation += [image for image in images if image.specimen in held_back]
    if (folder / SUPPORTED_FOLDER.folder).is_dir():
        images, held_back = read_class(folder, SUPPORTED, SUPPORTED_FOLDER, recipe)
        train += SUPPORTED_REPEATS * [one for one in images if one.specimen not in held_back]
        validation += [one for one in images if one.specimen in held_back]
    return train, validation


def made_for_training() -> tuple[LabelledImage, ...]:
    """Return grains, particles, supported ones and other images from the seeds for training."""
    seed = synthetic_images.TRAIN_SEED
    return (
        *synthetic_images.made_particles(0, seed, 6),
        *synthetic_images.made_grains(GRAINS, seed, 120),
        *synthetic_images.made_supported(SUPPORTED, seed, 240),
        *synthetic_images.made_others(NONE, seed, synthetic_images.OTHERS, 14),
        # Photographs count as much as several classes of made images.
        *6 * synthetic_images.photographs(NONE, synthetic_images.PHOTOGRAPHS),
    )


def made_for_validation() -> tuple[LabelledImage, ...]:
    """Return made images from other seeds and of classes that training never sees."""
    seed = synthetic_images.VALIDATION_SEED
    return (
        *synthetic_images.made_grains(GRAINS, seed, 16),
        *synthetic_images.made_supported(SUPPORTED, seed, 16),
        *synthetic_images.made_others(NONE, seed, synthetic_images.OTHERS, 1),
        *synthetic_images.made_others(NONE, seed, synthetic_images.OTHERS_HELD_BACK, 2),
        *synthetic_images.photographs(NONE, synthetic_images.PHOTOGRAPHS_HELD_BACK[::2]),
    )


def read_class(
    folder: Path, image_class: int, source: ClassFolder, recipe: Recipe
) -> tuple[list[LabelledImage], set[str]]:
    """Return the micrographs of one class, and the specimens that are held back for validation.

    Those are the specimens of the images that the index calls "val" where it does, else a share
    drawn at random.
    """
    place = folder / source.folder
    if not (place / "images").is_dir():
        raise DataError(f"There is no folder {place / 'images'}; it is needed, with micrographs.")
    index, images = read_index(place), read_images(source, place, image_class)
    named = {one.specimen for one in images if index.get(one.name, {}).get("split") == "val"}
    if source.held_back:
        named = {one.specimen for one in images if re.fullmatch(source.held_back, one.specimen)}
    if not named:
        groups = sorted({one.specimen for one in images})
        np.random.default_rng(recipe.split_seed).shuffle(groups)
        named = set(groups[: max(1, round(recipe.validation_fraction * len(groups)))])
    if named >= {one.specimen for one in images}:
        raise DataError(f"{place} has images of one specimen only; two or more are needed.")
    return images, named


def read_images(source: ClassFolder, place: Path, image_class: int) -> list[LabelledImage]:
    """Return the micrographs in ``place``/images as a classifier sees them."""
    index = read_index(place)
    return [
        LabelledImage(
            path.stem,
            eight_bit(image_field(read_file(path)).grey),
            image_class,
            specimen_of(path.stem, index.get(path.stem, {}), source),
        )
        for path in sorted((place / "images").iterdir())
    ]


def specimen_of(stem: str, row: dict[str, str], source: ClassFolder) -> str:
    """Return which specimen or article an image shows; its own name where that is not known."""
    if source.column is not None and row.get(source.column):
        return row[source.column]
    found = re.match(source.specimen, stem)
    return found.group(0) if found else stem
