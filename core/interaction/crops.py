"""Crops with one object that is meant, and the first prompts for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.interaction.prompts import Box, Click
from core.interaction.scenes import LEAST_AREA_PX, SHARES, Scene, Scenes
from core.interaction.simulated_clicks import correcting_click, first_click, neighbour_click
from core.training.augmentation import Augmentation, degrade

SMALL, USUAL = (0.07, 0.25), (0.25, 0.8)
"""An object's longer side as a share of the crop's: small ones as in a first look at a large field,
the others as in a crop that follows the object."""
SMALL_SHARE = 0.3
OFF_CENTRE = 0.2
CUT_SHARE = 0.1
BOX_ALONE, BOX_AND_CLICK = 0.2, 0.1
BOX_JITTER = 0.05
NEIGHBOUR = 0.3
FROM_DAMAGED = 0.15
MOST_CORRECTIONS = 4
MOST_ENLARGED = 8.0
TURNED_DEGREES = 20.0
"""On top of quarter turns; more would bring in too much from beyond the image's corners."""
TRIES = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """An object in training, and what has been said about it.

    ``image``: (S, S) float32 in [0, 1]. ``truth``, ``others``: (S, S) bool, the object and all
    other objects. ``previous``: (S, S) float32, the answer before. ``left``: corrections to come.
    """

    image: np.ndarray
    truth: np.ndarray
    others: np.ndarray
    clicks: tuple[Click, ...] = ()
    previous: np.ndarray | None = None
    box: Box | None = None
    left: int = 0


def draw_sample(
    scenes: Scenes, side: int, augmentation: Augmentation, random: np.random.Generator
) -> Sample:
    """Return a crop of one object of a source that is drawn by its share, with first prompts.

    Every image of a source is as likely, and every object of an image, so that one of hundreds of
    objects does not decide.
    """
    names = [name for name in scenes if scenes[name]]
    shares = np.array([SHARES[name] for name in names])
    for _ in range(TRIES):
        some = scenes[names[random.choice(len(names), p=shares / shares.sum())]]
        sample = crop_of(some[random.integers(len(some))], side, random)
        if sample is not None:
            image = degrade(sample.image, augmentation, random)
            return prompted(replace(sample, image=image), random)
    raise ValueError(f"{TRIES} images in a row had no object of {LEAST_AREA_PX} px and more")


def crop_of(scene: Scene, side: int, random: np.random.Generator) -> Sample | None:
    """Return a turned, scaled crop (side, side) around one object; None where none is large
    enough in it."""
    if not scene.objects:
        return None
    number, (rows, columns) = scene.objects[random.integers(len(scene.objects))]
    extent = max(rows.stop - rows.start, columns.stop - columns.start)
    share = SMALL if random.random() < SMALL_SHARE else USUAL
    scale = float(np.exp(random.uniform(*np.log(share)))) * side / extent
    # No crop is larger than the image: what is mirrored there would be objects that nobody has.
    size = np.array(scene.image.shape[::-1], float)
    scale = max(min(scale, MOST_ENLARGED), side / float(size.min()))
    away = 0.5 if random.random() < CUT_SHARE else OFF_CENTRE
    centre = np.array([columns.start + columns.stop - 1, rows.start + rows.stop - 1]) / 2
    half = side / scale / 2
    centre = np.clip(centre + random.uniform(-away, away, 2) * 2 * half, half, size - half)
    matrix = _turned(centre, scale, side, random)
    image = _warped(scene.image, matrix, side, scale)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    square = (side, side)
    ids = cv2.warpAffine(scene.ids, matrix, square, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    own = cv2.warpAffine((scene.ids == number).astype(np.uint8), matrix, square, flags=flags)
    truth = _pieces_of(ids == number, own > 0)
    if truth.sum() < LEAST_AREA_PX or truth.mean() > 0.9:
        return None
    return Sample(image, truth, (ids > 0) & ~truth)


def _pieces_of(mask: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the regions of ``mask`` (H, W) bool that reach into ``own``: not the mirror images
    beyond the border, unless they hang together with what is mirrored."""
    found = cv2.connectedComponents(mask.astype(np.uint8))[1]
    return np.isin(found, np.setdiff1d(found[own], [0]))


def _turned(centre: np.ndarray, scale: float, side: int, random: np.random.Generator) -> np.ndarray:
    """Return the 2 x 3 matrix from crop to image coordinates (x, y)."""
    turn = random.uniform(-TURNED_DEGREES, TURNED_DEGREES)
    angle = np.deg2rad(90 * random.integers(4) + turn)
    flip = random.choice((-1.0, 1.0))
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    linear = np.array([[cosine * flip, -sine], [sine * flip, cosine]])
    shift = centre - linear @ np.array([(side - 1) / 2, (side - 1) / 2])
    return np.column_stack([linear, shift])


def _warped(source: np.ndarray, matrix: np.ndarray, side: int, scale: float) -> np.ndarray:
    if scale < 1:
        source = cv2.GaussianBlur(source, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1) + 1e-3)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = cv2.warpAffine(
        source, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    return image.astype(np.float32) / 255


def prompted(sample: Sample, random: np.random.Generator) -> Sample:
    """Return ``sample`` with its first prompts: a click, a box, both, or a damaged mask that is to
    be corrected."""
    sample = replace(sample, left=int(random.integers(MOST_CORRECTIONS + 1)))
    if random.random() < FROM_DAMAGED:
        rough = damaged(sample.truth, sample.others, random)
        click = correcting_click(sample.truth, rough, random)
        if click is not None:
            return replace(sample, previous=rough.astype(np.float32), clicks=(click,))
    kind = random.random()
    box = _jittered(Box.around(sample.truth), random) if kind < BOX_ALONE + BOX_AND_CLICK else None
    if kind < BOX_ALONE:
        return replace(sample, box=box)
    clicks = [first_click(sample.truth, random)]
    if random.random() < NEIGHBOUR:
        click = neighbour_click(sample.truth, sample.others, random)
        clicks += [click] if click is not None else []
    return replace(sample, box=box, clicks=tuple(clicks))


def _jittered(box: Box, random: np.random.Generator) -> Box:
    high, wide = BOX_JITTER * box.height, BOX_JITTER * box.width
    moved = random.normal(0, 1, 4)
    return Box(
        box.top + high * moved[0],
        box.left + wide * moved[1],
        box.bottom + high * moved[2],
        box.right + wide * moved[3],
    )


def damaged(truth: np.ndarray, others: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return ``truth`` (H, W) bool as a poor segmentation may have it: grown, shrunk, cut by a
    straight line, or merged with what lies beside it."""
    reach = max(1, round(random.uniform(0.04, 0.15) * float(np.sqrt(truth.sum()))))
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    mask = truth.astype(np.uint8)
    kind = random.integers(4)
    if kind == 0:
        return cv2.dilate(mask, window) > 0
    if kind == 1:
        return cv2.erode(mask, window) > 0
    if kind == 2:
        rows, columns = np.indices(truth.shape)
        at = np.argwhere(truth)
        row, column = at[random.integers(len(at))]
        angle = random.uniform(0, 2 * np.pi)
        return truth & ((rows - row) * np.sin(angle) + (columns - column) * np.cos(angle) > 0)
    beside = cv2.dilate(mask, cv2.dilate(window, window)) > 0
    return truth | (beside & others)


def corrected(
    sample: Sample, probability: np.ndarray, random: np.random.Generator
) -> Sample | None:
    """Return ``sample`` with the network's answer and one more click where it is wrong; None where
    it needs none or has had its share.

    ``probability``: (S, S) float32.
    """
    if sample.left == 0:
        return None
    click = correcting_click(sample.truth, probability > 0.5, random)
    if click is None:
        return None
    return replace(
        sample, clicks=(*sample.clicks, click), previous=probability, left=sample.left - 1
    )
