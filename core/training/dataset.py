"""A folder of micrographs and masks, checked whole before anything is trained on it.

DIR/images/STEM.*     micrographs, any format of ``core.formats``
DIR/masks/STEM.png    one value a pixel: class index, or instance id
DIR/index.csv         optional: stem, split ("train" or "val"), and a column to group by
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.errors import DataError, LamellaError
from core.formats import read_file
from core.image_size import width_x_height
from core.pixels.mask_file import read_mask
from core.pixels.resampling import resample_mask
from core.records import read_table
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.augmentation import Pair, random_crop
from core.training.object_learning import contact_lengths, image_shares, object_crops
from core.training.recipe import Recipe
from core.types.micrograph import Micrograph

MISTAKES_SHOWN = 20
SIDES = ("train", "val")


@dataclass(frozen=True, eq=False)
class Split:
    """Training and validation images with nothing in common."""

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]

    @cached_property
    def contact_lengths(self) -> np.ndarray:
        """(N,) pixels of contact between the objects of each training image."""
        return contact_lengths(self.train)

    def crops(
        self, recipe: Recipe, random: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return one batch of augmented crops: images float32 in [0, 1], labels uint8, or what
        ``core.training.object_targets`` makes of them for a recipe that learns objects."""
        if recipe.objects is not None:
            shares = image_shares(self.contact_lengths, recipe.objects.by_contact)
            return object_crops(self.train, shares, recipe, recipe.objects, random)
        chosen = random.integers(len(self.train), size=recipe.batch)
        return [
            random_crop(self.train[index], recipe.crop_px, recipe.augmentation, random)
            for index in chosen
        ]


def read_pair(
    image: Path,
    mask: Path,
    recipe: Recipe,
    phases: int,
    group: str = "",
    pixel_size_nm: float | None = None,
) -> Pair:
    """Return one image and its labels as training uses them, which is as segmentation sees them.

    ``pixel_size_nm``: of the model, see :func:`core.segmentation.preprocessing.image_field`.

    Raises:
        DataError: shapes differ, or the mask holds a class that the model does not know.
    """
    micrograph: Micrograph = read_file(image)
    labels = read_mask(mask)
    if labels.shape != micrograph.shape:
        raise DataError(
            f"{mask.name} is {width_x_height(labels.shape)} px and its image "
            f"{width_x_height(micrograph.shape)} px; they must be the same."
        )
    if recipe.objects is not None:
        # Ids from 1 on, so that 16 bits hold them whatever the file has.
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + labels.all()
    elif recipe.masks == "instances":
        labels = labels > 0
    elif labels.max() >= phases:
        raise DataError(
            f"{mask.name} holds class {labels.max()}; this model knows 0 to {phases - 1}."
        )
    grey = image_field(micrograph, pixel_size_nm).grey
    kind = np.uint8 if recipe.objects is None else np.uint16
    labels = resample_mask(labels[micrograph.image_rows].astype(kind), grey.shape)
    return Pair(image.stem, eight_bit(grey), labels, group)


def find_pairs(images: Path, masks: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Return (image, mask) paths matched by stem, and a sentence for each image without one.

    Raises:
        DataError: a folder that is missing or empty.
    """
    for folder in (images, masks):
        if not folder.is_dir():
            raise DataError(f"There is no folder {folder}; it is needed, with one file an image.")
    by_stem = {path.stem: path for path in sorted(masks.iterdir()) if path.is_file()}
    paths = [path for path in sorted(images.iterdir()) if path.is_file()]
    if not paths:
        raise DataError(f"{images} holds no images.")
    pairs = [(path, by_stem[path.stem]) for path in paths if path.stem in by_stem]
    missing = [
        f"{p.name} has no mask {p.stem}.png in {masks}" for p in paths if p.stem not in by_stem
    ]
    return pairs, missing


def read_index(folder: Path) -> dict[str, dict[str, str]]:
    """Return the rows of ``index.csv`` by stem; empty where there is none."""
    return {row["stem"]: row for row in read_table(folder / "index.csv") if row.get("stem")}


def load_split(
    folder: Path, recipe: Recipe, phases: int, pixel_size_nm: float | None = None
) -> Split:
    """Return the images of ``folder``, split for validation.

    The split is the index's "split" column where it names both "train" and "val", else a random
    one by group, the same for the same recipe.

    Raises:
        DataError: every mistake in the folder, listed at once.
    """
    paths, mistakes = find_pairs(folder / "images", folder / "masks")
    mistakes += stray_files(folder / "images", folder / "masks")
    index = read_index(folder)
    stems = {image.stem for image, _ in paths}
    named = {stem: row["split"] for stem, row in index.items() if row.get("split")}
    mistakes += index_mistakes(index, named, stems, recipe.group)
    pairs: list[Pair] = []
    for image, mask in paths:
        row = index.get(image.stem, {})
        group = row.get(recipe.group, "") if recipe.group else ""
        try:
            group = group or image.stem
            pairs.append(read_pair(image, mask, recipe, phases, group, pixel_size_nm))
        except LamellaError as error:
            mistakes.append(str(error))
    split = split_pairs(pairs, named, recipe.validation_fraction, recipe.split_seed)
    mistakes += repeated_images(split)
    if not mistakes and not (split.train and split.validation):
        mistakes.append(
            f"{len(split.train)} images to train and {len(split.validation)} to validate are left; "
            "at least one of each is needed, from different groups"
        )
    if mistakes:
        shown = "\n".join(f"- {mistake}" for mistake in mistakes[:MISTAKES_SHOWN])
        more = len(mistakes) - MISTAKES_SHOWN
        tail = f"\n... and {more} more" if more > 0 else ""
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise DataError(f"{folder} has {count} to mend first:\n{shown}{tail}")
    return split


def stray_files(images: Path, masks: Path) -> list[str]:
    """Return a sentence for each mask without an image, and for each stem that two files share."""
    found = []
    for folder in (images, masks):
        stems = Counter(path.stem for path in folder.iterdir() if path.is_file())
        found += [
            f"{folder.name}/ holds {count} files named {stem}; which one is meant cannot be told"
            for stem, count in sorted(stems.items())
            if count > 1
        ]
    there = {path.stem for path in images.iterdir() if path.is_file()}
    found += [
        f"{path.name} is a mask without an image {path.stem} in {images}"
        for path in sorted(masks.iterdir())
        if path.is_file() and path.stem not in there
    ]
    return found


def index_mistakes(
    index: Mapping[str, Mapping[str, str]],
    named: Mapping[str, str],
    stems: Collection[str],
    group: str | None,
) -> list[str]:
    """Return a sentence for each row of ``index.csv`` that would be passed over in silence.

    ``named``: stem to side of the split. ``group``: column whose values must stay on one side.
    """
    if not index:
        return []
    found = [
        f"index.csv puts {stem} into {side!r}; a split is 'train' or 'val'"
        for stem, side in named.items()
        if side not in SIDES
    ]
    if set(SIDES) <= set(named.values()):
        found += [
            f"index.csv names no split for {stem}" for stem in sorted(stems) if stem not in named
        ]
    elif group:
        found += [
            f"index.csv has no {group} for {stem}; images of one {group} must stay on one side"
            for stem in sorted(stems)
            if not index.get(stem, {}).get(group)
        ]
    return found


def split_pairs(pairs: list[Pair], named: dict[str, str], fraction: float, seed: int) -> Split:
    """Return ``pairs`` split by name where both sides are named, else at random by group."""
    if {"train", "val"} <= set(named.values()):
        chosen = {stem for stem, side in named.items() if side == "val"}
        kept_out = [pair for pair in pairs if pair.stem in chosen]
    else:
        groups = sorted({pair.group for pair in pairs})
        np.random.default_rng(seed).shuffle(groups)
        held = set(groups[: max(1, round(fraction * len(groups)))])
        kept_out = [pair for pair in pairs if pair.group in held]
    stems = {pair.stem for pair in kept_out}
    return Split(tuple(p for p in pairs if p.stem not in stems), tuple(kept_out))


def repeated_images(split: Split) -> list[str]:
    """Return a sentence for each validation image whose pixels are in the training set too."""
    seen = {hashlib.sha256(pair.image.tobytes()).digest(): pair.stem for pair in split.train}
    found = (
        (seen.get(hashlib.sha256(p.image.tobytes()).digest()), p.stem) for p in split.validation
    )
    return [f"{a} (train) and {b} (val) are the same image" for a, b in found if a]
