"""Images whose objects are known: what the click network learns from.

DATA/particles       masks of instances; ``index.csv`` groups them by article ("doi")
DATA/carbon_steel    masks of classes: each connected region of a phase is an object
DATA/superalloy      as carbon_steel

Folders that are not there are left out: this is how a material is kept apart. Crowds of particles
and grains are drawn, and some regions of real images are taken for objects because their edges are
visible, so that the network learns to follow clicks and not only to know particles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import felzenszwalb

from core.errors import DataError, LamellaError
from core.formats import read_file
from core.image_size import width_x_height
from core.pixels.mask_file import read_mask
from core.segmentation.preprocessing import eight_bit, image_field
from core.synthesis.crowds import draw_crowd
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import draw_settings
from core.training.augmentation import Pair
from core.training.dataset import find_pairs, read_index, split_pairs
from core.training.recipe import Recipe
from core.types.progress import ProgressCallback, no_progress

LEAST_AREA_PX = 80
"""Of an object in the crop, after scaling: below that one pixel of its edge decides."""
VISIBLE_AREA_PX = 60
MOST_IDS = 65_535
FOLDERS = {"particles": "instances", "carbon_steel": "classes", "superalloy": "classes"}
SHARES = {
    "particles": 0.5,
    "carbon_steel": 0.08,
    "superalloy": 0.08,
    "crowds": 0.12,
    "grains": 0.1,
    "regions": 0.2,
}
"""How often each source is drawn, before those that are missing are left out."""
DRAWN, DRAWN_PX = 240, 256


@dataclass(frozen=True, eq=False)
class Scene:
    """``image``: (H, W) uint8 after the grey-level stretch. ``ids``: (H, W) uint16, 0 = no object.
    ``group``: what must stay on one side of a split."""

    image: np.ndarray
    ids: np.ndarray
    group: str = ""

    @cached_property
    def objects(self) -> tuple[tuple[int, tuple[slice, slice]], ...]:
        """Ids and boxes of the objects that can be seen."""
        areas = np.bincount(self.ids.ravel())
        found = enumerate(ndimage.find_objects(self.ids), start=1)
        return tuple((n, box) for n, box in found if box and areas[n] >= VISIBLE_AREA_PX)


Scenes = dict[str, tuple[Scene, ...]]


def read_scenes(
    data: Path, seed: int, fraction: float, progress: ProgressCallback = no_progress
) -> tuple[Scenes, tuple[Scene, ...]]:
    """Return the scenes to learn from by source, and those of held-out articles.

    ``seed``, ``fraction``: of the split, as in ``core.training.recipe.Recipe``. ``progress``: of
    the steps, of which drawing takes longest.

    Raises:
        DataError: there is no folder ``particles``, or an image has no mask or one that does not
            fit.
    """
    if not (data / "particles").is_dir():
        raise DataError(
            f"{data} holds no folder particles; the click network needs the one of the data table, "
            "and takes carbon_steel and superalloy where they are beside it."
        )
    train: Scenes = {}
    held_out: tuple[Scene, ...] = ()
    for name, masks in FOLDERS.items():
        if (data / name).is_dir():
            train[name], kept = _folder(data / name, masks, seed, fraction)
            held_out = kept if name == "particles" else held_out
    train["crowds"] = _drawn(_crowd, 0, progress)
    train["grains"] = _drawn(_grains, 1, progress)
    real = [scene for name in FOLDERS for scene in train.get(name, ())]
    train["regions"] = visible_regions(real, seed)
    return train, held_out


def _folder(
    folder: Path, masks: str, seed: int, fraction: float
) -> tuple[tuple[Scene, ...], tuple[Scene, ...]]:
    paths, mistakes = find_pairs(folder / "images", folder / "masks")
    if mistakes:
        raise DataError(f"{folder}: {'; '.join(mistakes)}.")
    index = read_index(folder)
    pairs = []
    for image, mask in paths:
        group = index.get(image.stem, {}).get("doi") or image.stem
        try:
            scene = read_scene(image, mask, masks == "classes")
        except LamellaError as error:
            raise DataError(f"{image.name}: {error}") from error
        pairs.append(Pair(image.stem, scene.image, scene.ids, group))
    named = {stem: row["split"] for stem, row in index.items() if row.get("split")}
    split = split_pairs(pairs, named, fraction, seed)
    train, kept = (
        [Scene(p.image, p.labels, p.group) for p in side]
        for side in (split.train, split.validation)
    )
    return tuple(train), tuple(kept)


def validation_stems(folder: Path, recipe: Recipe) -> frozenset[str]:
    """Return the stems of the images in ``folder`` that training by ``recipe`` never sees.

    Raises:
        DataError: a folder that is missing or empty.
    """
    paths, _ = find_pairs(folder / "images", folder / "masks")
    index = read_index(folder)
    empty = np.zeros((1, 1), np.uint8)
    pairs = [
        Pair(image.stem, empty, empty, index.get(image.stem, {}).get("doi") or image.stem)
        for image, _ in paths
    ]
    named = {stem: row["split"] for stem, row in index.items() if row.get("split")}
    split = split_pairs(pairs, named, recipe.validation_fraction, recipe.split_seed)
    return frozenset(pair.stem for pair in split.validation)


def read_scene(image: Path, mask: Path, classes: bool = False) -> Scene:
    """Return one image as every model sees it, and its objects.

    ``classes``: the mask's values are phases, and each connected region of one above 0 is an
    object; else they are ids.

    Raises:
        LamellaError: a file that cannot be read, or shapes that differ.
    """
    micrograph, labels = read_file(image), read_mask(mask)
    if labels.shape != micrograph.shape:
        raise DataError(
            f"{mask.name} is {width_x_height(labels.shape)} px and its image "
            f"{width_x_height(micrograph.shape)} px; they must be the same."
        )
    labels = labels[micrograph.image_rows]
    ids = regions_of_classes(labels) if classes else _numbered(labels)
    grey = image_field(micrograph).grey
    if grey.shape != ids.shape:
        size = grey.shape[::-1]
        ids = cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return Scene(eight_bit(grey), ids)


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Return ids from 1 on, so that 16 bits hold them whatever the file has."""
    values, places = np.unique(labels, return_inverse=True)
    shift = 0 if values[0] == 0 else 1
    return (places.reshape(labels.shape) + shift).astype(np.uint16)


def regions_of_classes(labels: np.ndarray) -> np.ndarray:
    """Return (H, W) uint16: each 8-connected region of each class above 0 its own id."""
    ids, highest = np.zeros(labels.shape, np.uint16), 0
    for phase in range(1, int(labels.max()) + 1):
        count, found = cv2.connectedComponents((labels == phase).astype(np.uint8))
        count = min(count - 1, MOST_IDS - highest)
        kept = (found > 0) & (found <= count)
        ids[kept] = (found[kept] + highest).astype(np.uint16)
        highest += count
    return ids


def visible_regions(scenes: list[Scene], seed: int, most: int = 160) -> tuple[Scene, ...]:
    """Return some of ``scenes`` with regions of even grey level in place of their objects.

    Source: Felzenszwalb and Huttenlocher 2004, doi 10.1023/B:VISI.0000022288.19776.77; such regions
    as objects: Wong et al. 2024, arXiv:2312.07381, section 3.3.
    """
    random = np.random.default_rng((seed, 2))
    found = []
    for index in random.permutation(len(scenes))[:most]:
        image = scenes[index].image
        scale = float(np.exp(random.uniform(np.log(60), np.log(600))))
        regions = felzenszwalb(image, scale=scale, sigma=random.uniform(0.8, 2.0), min_size=150)
        found.append(Scene(image, (regions % MOST_IDS + 1).astype(np.uint16), scenes[index].group))
    return tuple(found)


def _drawn(
    draw: Callable[[np.random.Generator], Scene], stream: int, progress: ProgressCallback
) -> tuple[Scene, ...]:
    found = []
    for number in range(DRAWN):
        found.append(draw(np.random.default_rng((18, stream, number))))
        progress(stream * DRAWN + number + 1, 2 * DRAWN)
    return tuple(found)


def _crowd(random: np.random.Generator) -> Scene:
    image, ids = draw_crowd(random, DRAWN_PX)
    return Scene(eight_bit(image), ids)


def _grains(random: np.random.Generator) -> Scene:
    settings = draw_settings(random, (), (25.0, 120.0), 6.0)
    drawn = generate(settings, (DRAWN_PX, DRAWN_PX), int(random.integers(2**31)))
    inside = np.where(drawn.labels > 0, 0, drawn.grains)
    return Scene(np.array(drawn.grey), inside.astype(np.uint16))
