"""Random crops that differ the way micrographs differ: magnification, dose, focus, contrast."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.training.distortions import bend, charging_streaks
from core.training.object_targets import IGNORED_ID

Range = tuple[float, float]


@dataclass(frozen=True)
class Augmentation:
    """How training crops differ from the micrographs; each value is drawn anew for each crop.

    ``scale``: magnification, log-uniform. ``rotation_degrees``: on top of the eight flips and
    quarter turns. ``upright``: the specimen has an up and a down, as a coating on its substrate
    has; then crops are mirrored from left to right and not turned further. ``elastic``,
    ``invert``, ``blur``, ``noise``, ``shading``, ``streaks``: probabilities. ``gamma``,
    ``contrast``, ``brightness``: of grey levels in [0, 1]. ``blur_sigma_px``: Gaussian probe.
    ``dose``: mean electrons a pixel of the Poisson noise. ``readout``: standard deviation of the
    Gaussian noise. ``shading_amplitude``: of a slow plane or bowl across the crop.
    ``elastic_px``: largest displacement. ``streak_amplitude``: of charging, in grey levels.
    ``on_object``: probability that the crop is centred on a pixel that is not background, of a
    phase drawn with equal chances.
    """

    scale: Range = (0.5, 2.0)
    rotation_degrees: Range = (-15.0, 15.0)
    invert: float = 0.3
    gamma: Range = (0.6, 1.6)
    contrast: Range = (0.6, 1.2)
    brightness: Range = (-0.15, 0.15)
    blur: float = 0.3
    blur_sigma_px: Range = (0.4, 2.0)
    noise: float = 0.5
    dose: Range = (20.0, 1000.0)
    readout: Range = (0.0, 0.06)
    shading: float = 0.3
    shading_amplitude: Range = (0.05, 0.3)
    on_object: float = 0.5
    upright: bool = False
    elastic: float = 0.0
    elastic_px: Range = (1.0, 6.0)
    streaks: float = 0.0
    streak_amplitude: Range = (0.05, 0.3)


IGNORED = 255
"""Label of pixels that nothing is learned from."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A training image: ``image`` (H, W) uint8 after the grey-level stretch, ``labels`` (H, W)
    uint8, :data:`IGNORED` where they are not known, or uint16 ids of instances for a recipe that
    learns objects, ``IGNORED_ID`` where they are not known. ``group``: what must stay on one side
    of a split."""

    stem: str
    image: np.ndarray
    labels: np.ndarray
    group: str = ""


def random_crop(
    pair: Pair, side: int, augmentation: Augmentation, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return one augmented crop: image (side, side) float32 in [0, 1], labels (side, side) uint8.

    The labels follow the geometry only; grey levels change after that.
    """
    matrix, scale = crop_matrix(pair, side, augmentation, random)
    source = pair.image
    if scale < 1:
        source = cv2.GaussianBlur(source, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1) + 1e-3)
    size = (side, side)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = cv2.warpAffine(source, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    labels = cv2.warpAffine(
        pair.labels, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    # Not drawn for at 0, so that recipes of before these two see the crops that they saw.
    if augmentation.elastic and random.random() < augmentation.elastic:
        image, labels = bend(image, labels, random.uniform(*augmentation.elastic_px), random)
    return degrade(image.astype(np.float32) / 255, augmentation, random), labels


def crop_matrix(
    pair: Pair, side: int, augmentation: Augmentation, random: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the (2, 3) matrix from crop to image coordinates (x, y) of a random crop of ``side``
    px, and its magnification."""
    scale = float(np.exp(random.uniform(*np.log(augmentation.scale))))
    quarter_turns = 0 if augmentation.upright else random.integers(4)
    angle = np.deg2rad(random.uniform(*augmentation.rotation_degrees) + 90 * quarter_turns)
    flip = random.choice((-1.0, 1.0))
    centre = _centre(pair, side / scale, augmentation.on_object, random)
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    linear = np.array([[cosine * flip, -sine], [sine * flip, cosine]])
    shift = centre - linear @ np.array([(side - 1) / 2, (side - 1) / 2])
    return np.column_stack([linear, shift]), scale


def _centre(pair: Pair, field: float, on_object: float, random: np.random.Generator) -> np.ndarray:
    """Return (x, y) of a crop that covers ``field`` image pixels and stays inside if it fits."""
    height, width = pair.image.shape
    row, column = random.uniform(0, height), random.uniform(0, width)
    if random.random() < on_object and len(objects := _pixels_of_a_phase(pair, random)):
        chosen = objects[random.integers(len(objects))]
        row, column = np.array(divmod(chosen, width)) + random.uniform(-0.3, 0.3, 2) * field
    half = field / 2
    row = np.clip(row, half, height - half) if field < height else height / 2
    column = np.clip(column, half, width - half) if field < width else width / 2
    return np.array([column, row])


def _pixels_of_a_phase(pair: Pair, random: np.random.Generator) -> np.ndarray:
    """Return the flat indices of one phase that is not background; rare phases are as likely as
    frequent ones."""
    phases = 1 + np.flatnonzero(np.bincount(pair.labels.ravel())[1:])
    phases = phases[phases != (IGNORED if pair.labels.dtype == np.uint8 else IGNORED_ID)]
    if len(phases) <= 1:
        return np.flatnonzero(np.isin(pair.labels, phases))
    return np.flatnonzero(pair.labels == random.choice(phases))


def degrade(
    image: np.ndarray, augmentation: Augmentation, random: np.random.Generator
) -> np.ndarray:
    """Return ``image`` (H, W) float32 in [0, 1] as another microscope would have recorded it.

    Order of the physics: shading, probe, dose and read-out noise, charging, detector curve,
    inversion.
    """
    if random.random() < augmentation.shading:
        image = image * shading(image.shape, augmentation.shading_amplitude, random)
    if random.random() < augmentation.blur:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(*augmentation.blur_sigma_px))
    if random.random() < augmentation.noise:
        image = noise(np.clip(image, 0, 1), augmentation.dose, augmentation.readout, random)
    if augmentation.streaks and random.random() < augmentation.streaks:
        image = image + charging_streaks(image.shape, augmentation.streak_amplitude, random)
    image = np.clip(image, 0, 1) ** np.exp(random.uniform(*np.log(augmentation.gamma)))
    image = (image - 0.5) * random.uniform(*augmentation.contrast) + 0.5
    image = np.clip(image + random.uniform(*augmentation.brightness), 0, 1)
    if random.random() < augmentation.invert:
        image = 1 - image
    return image.astype(np.float32)


def shading(shape: tuple[int, int], amplitude: Range, random: np.random.Generator) -> np.ndarray:
    """Return a slow field (H, W) around 1: a plane plus a bowl, of the amplitude drawn."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    slope_row, slope_column, bowl = random.uniform(-1, 1, 3)
    field = slope_row * rows + slope_column * columns + bowl * (rows**2 + columns**2 - 1)
    peak = np.abs(field).max()
    return (1 + random.uniform(*amplitude) * field / max(peak, 1e-6)).astype(np.float32)


def noise(
    image: np.ndarray, dose: Range, readout: Range, random: np.random.Generator
) -> np.ndarray:
    """Return ``image`` with Poisson noise of a log-uniform dose and Gaussian read-out noise."""
    electrons = np.exp(random.uniform(*np.log(dose)))
    counted = random.poisson(image * electrons) / electrons
    return (counted + random.normal(0, random.uniform(*readout), image.shape)).astype(np.float32)
