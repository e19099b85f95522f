"""Images and masks that a user sends: paired by their names, read, and every mistake at once."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

import cv2
import numpy as np

from core.errors import DataError, LamellaError
from core.formats import read_isolated
from core.formats.isolation.masks import isolated_labels
from core.pixels.mask_file import Labels
from core.pixels.resampling import resample_mask, square_pixel_nm
from core.segmentation.forest.marks import MOST_PHASES, named_phases
from core.segmentation.preprocessing import eight_bit, image_field
from core.training.augmentation import IGNORED
from core.training.fine_tuning.images import Origin, TeachingImage
from core.types.segmentation import Phase

SUFFIX = re.compile(r"[_-](mask|masks|label|labels|seg|rois|roiset)$", re.IGNORECASE)
LAST_NUMBER = re.compile(r"[\s_.-]*\d+\D*$")
MOST_IDS = 65_000
FEWEST_SHIFTED_PX = 2
SHIFTS_PX = 12
BETTER = 1.1
Kind = Literal["phases", "instances"]


@dataclass(frozen=True)
class Meaning:
    """What the values of masks mean.

    ``kind``: "phases", each of ``values`` one phase in this order; or "instances", 0 the background
    and every other value an object. ``ignored``: the value of pixels that nobody labelled, None
    where there is none. ``are_colors``: the values are colours.
    """

    kind: Kind
    values: tuple[int, ...]
    ignored: int | None = None
    are_colors: bool = False

    @property
    def phases(self) -> tuple[int, ...]:
        """The values that are phases."""
        if self.kind == "instances":
            return 0, 1
        return tuple(value for value in self.values if value != self.ignored)

    def said(self, value: int) -> str:
        """Return a value in words: a number, or a colour as "#rrggbb"."""
        return f"#{value:06x}" if self.are_colors else str(value)


@dataclass(frozen=True, eq=False)
class ReadPair:
    """An image with its mask as they were read. ``grey``: (H, W) uint8 as networks see it,
    ``labels``: on the same pixels. ``digest``: of the grey levels; ``sha256``: of the file."""

    name: str
    mask: str
    grey: np.ndarray
    labels: Labels
    digest: str
    pixel_nm: float | None
    sha256: str = ""


def stem(name: str) -> str:
    """Return what an image and its mask share: the name without extension and "_mask"."""
    return SUFFIX.sub("", PurePath(name).stem)


def specimen_of(name: str) -> str:
    """Return the specimen that a name seems to tell: all before its last number, such as "a7" of
    "a7_003.tif"; the whole where nothing else is left."""
    whole = stem(name)
    return LAST_NUMBER.sub("", whole) or whole


def matched(
    images: Sequence[str], masks: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return (image, mask) names that share a stem, and a sentence for each that has no partner or
    more than one."""
    twice = [
        (what, name, count)
        for what, names in (("images", images), ("masks", masks))
        for name, count in sorted(Counter(map(stem, names)).items())
        if count > 1
    ]
    mistakes = [
        f"{count} {what} are named {name}; which one is meant cannot be told"
        for what, name, count in twice
    ]
    unclear = {name for _, name, _ in twice}
    by_stem = {stem(name): name for name in masks}
    pairs = [
        (name, by_stem[stem(name)])
        for name in sorted(images)
        if stem(name) in by_stem and stem(name) not in unclear
    ]
    taken = {stem(name) for name in images}
    mistakes += [
        f"{name} has no mask; call it {stem(name)}_mask.png"
        for name in sorted(images)
        if stem(name) not in by_stem
    ]
    mistakes += [
        f"{name} is a mask without an image {stem(name)}"
        for name in sorted(masks)
        if stem(name) not in taken
    ]
    return tuple(pairs), tuple(mistakes)


def read_pairs(
    images: Mapping[str, bytes], masks: Mapping[str, bytes]
) -> tuple[tuple[ReadPair, ...], tuple[str, ...]]:
    """Return the pairs that can be learned from, and every mistake without its full stop: partners
    that are missing, files that cannot be read, other sizes, masks that tell nothing apart, and an
    image that was there before, which would be learned from and tested on."""
    names, found = matched(tuple(images), tuple(masks))
    mistakes, pairs = list(found), []
    for image, mask in names:
        try:
            pairs.append(_read(image, images[image], mask, masks[mask]))
        except LamellaError as error:
            mistakes.append(str(error).removesuffix("."))
    first: dict[str, str] = {}
    told_apart = []
    for pair in pairs:
        if pair.digest in first:
            mistakes.append(f"{first[pair.digest]} and {pair.name} are the same image")
            continue
        first[pair.digest] = pair.name
        if pair.labels.values.min() == pair.labels.values.max():
            mistakes.append(
                f"{pair.mask} has the value {pair.labels.values.max()} everywhere; nothing is told "
                "apart in it"
            )
            continue
        told_apart.append(pair)
    return tuple(told_apart), tuple(mistakes)


def _read(image: str, data: bytes, mask: str, mask_data: bytes) -> ReadPair:
    micrograph = read_isolated(data, image)
    labels = isolated_labels(mask_data, mask, micrograph.shape)
    field = image_field(micrograph)
    values = labels.values[micrograph.image_rows].astype(np.int32)
    grey = eight_bit(field.grey)
    size = micrograph.pixel_size
    return ReadPair(
        image,
        mask,
        grey,
        replace(labels, values=resample_mask(values, grey.shape)),
        hashlib.sha256(grey.tobytes()).hexdigest(),
        square_pixel_nm(size) if size else None,
        micrograph.digest,
    )


def likely_meaning(pairs: Sequence[ReadPair]) -> Meaning:
    """Return what the values most likely mean, to be confirmed by the user: few of them are phases,
    many are objects.

    Raises:
        DataError: there is no pair.
    """
    if not pairs:
        raise DataError("No image has a mask yet; add both, with the same names.")
    found = as_phases(pairs)
    if len(found.values) > MOST_PHASES + 1 and not found.are_colors:
        return Meaning("instances", ())
    return found


def as_phases(pairs: Sequence[ReadPair]) -> Meaning:
    """Return what the values mean where each of them is a phase."""
    values = sorted({int(value) for pair in pairs for value in np.unique(pair.labels.values)})
    return Meaning("phases", tuple(values), None, any(pair.labels.are_colors for pair in pairs))


def meaning_mistakes(pairs: Sequence[ReadPair], meaning: Meaning) -> tuple[str, ...]:
    """Return a sentence for each thing that keeps these masks from being learned from."""
    if meaning.kind == "instances":
        return tuple(
            f"{pair.mask} has the value {pair.labels.values.max()}; objects are numbered up to "
            f"{MOST_IDS:,}"
            for pair in pairs
            if pair.labels.values.max() > MOST_IDS
        )
    known = set(meaning.values)
    found = []
    if len(meaning.phases) > MOST_PHASES:
        found.append(
            f"the masks hold {len(meaning.phases)} values and a model tells at most {MOST_PHASES} "
            "phases apart, unless each value is an object"
        )
    if len(meaning.phases) < 2:
        found.append("the masks hold one phase; a model needs two to tell apart")
    for pair in pairs:
        here = np.unique(pair.labels.values)
        others = [int(value) for value in here if int(value) not in known]
        if others:
            found.append(f"{pair.mask} holds {meaning.said(others[0])}, which is no phase")
        if meaning.ignored is not None and set(map(int, here)) == {meaning.ignored}:
            found.append(f"{pair.mask} holds only what is to be ignored")
    return tuple(found)


def taught_images(
    pairs: Sequence[ReadPair], meaning: Meaning, specimens: Mapping[str, str]
) -> tuple[TeachingImage, ...]:
    """Return the images with their labels. ``specimens``: by the image's name.

    Raises:
        DataError: every mistake in the masks.
    """
    if mistakes := meaning_mistakes(pairs, meaning):
        raise DataError("; ".join(mistakes) + ".")
    return tuple(_taught(pair, meaning, specimens[pair.name]) for pair in pairs)


def _taught(pair: ReadPair, meaning: Meaning, specimen: str) -> TeachingImage:
    values = pair.labels.values
    instances = None
    if meaning.kind == "instances":
        phases = (values > 0).astype(np.uint8)
        instances = values.astype(np.uint16)
    else:
        phases = np.full(values.shape, IGNORED, np.uint8)
        for index, value in enumerate(meaning.phases):
            phases[values == value] = index
    objects = len(np.unique(values[values > 0])) if instances is not None else 0
    origin = Origin(
        pair.name, specimen, objects=objects, pixel_nm=pair.pixel_nm, sha256=pair.sha256
    )
    return TeachingImage(pair.grey, phases, instances, origin)


def shifts(pairs: Sequence[ReadPair]) -> dict[str, tuple[int, int]]:
    """Return (rows, columns) by which a mask seems to lie beside its image, by the image's name;
    only of those whose outlines fit the image's edges clearly better elsewhere.

    The outlines are correlated with the gradient of the image, up to 12 px each way.
    """
    found = {}
    for pair in pairs:
        shift = _shift(pair.grey, pair.labels.values)
        if max(map(abs, shift)) >= FEWEST_SHIFTED_PX:
            found[pair.name] = shift
    return found


def _shift(grey: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.5)
    edges = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    lines = _outlines(labels).astype(np.float32)
    reach = min(SHIFTS_PX, min(grey.shape) // 4)
    inner = lines[reach : grey.shape[0] - reach, reach : grey.shape[1] - reach]
    if not inner.any():
        return 0, 0
    fit = cv2.matchTemplate(edges, np.ascontiguousarray(inner), cv2.TM_CCORR)
    row, column = np.unravel_index(int(fit.argmax()), fit.shape)
    if fit[row, column] < BETTER * fit[reach, reach]:
        return 0, 0
    return int(row) - reach, int(column) - reach


def _outlines(labels: np.ndarray) -> np.ndarray:
    found = np.zeros(labels.shape, np.bool_)
    found[1:] |= labels[1:] != labels[:-1]
    found[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    return found


def phases_of(meaning: Meaning) -> tuple[Phase, ...]:
    """Return the phases that masks hold, named after their values until the user names them."""
    if meaning.kind == "instances":
        return named_phases(("background", "object"))
    return named_phases(
        f"{'colour' if meaning.are_colors else 'value'} {meaning.said(value)}"
        for value in meaning.phases
    )
