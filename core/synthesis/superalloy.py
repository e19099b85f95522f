"""A polished and etched nickel superalloy as in an SEM: γ′ precipitates of two sizes in a matrix.

Made for trying the app: shapes, greys and noise follow what such images look like, no physics of
ageing or of the detector. The same seed gives the same image.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from core.synthesis.smooth_noise import smooth_noise
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

SHAPE = (512, 640)
MATRIX, SECONDARY, TERTIARY = 0, 1, 2
# Of the whole range of greys; the etch takes γ′ away, so that it lies lower and darker.
GREY = (0.64, 0.5, 0.42)
CARBIDE_GREY, CARBIDES = 0.2, 12
CHANNEL_PX = 9
RIM = 0.13
REACH_PX = (11, 34)
NOISE = 0.028


@dataclass(frozen=True, eq=False)
class AlloyImage:
    """``micrograph``, and its truth: ``labels`` (H, W) uint8, 0 = matrix, 1 = secondary γ′, 2 =
    tertiary γ′."""

    micrograph: Micrograph
    labels: np.ndarray


def superalloy(seed: int = 2) -> AlloyImage:
    """Return lobed secondary γ′, fine tertiary γ′ between them, and a few dark carbides, which
    count as matrix."""
    random = np.random.default_rng(seed)
    secondary = _secondary(random)
    labels = np.where(_tertiary(secondary, random), TERTIARY, secondary).astype(np.uint8)
    grey = np.asarray(GREY, np.float32)[labels]
    outside = cv2.distanceTransform((~secondary).astype(np.uint8), cv2.DIST_L2, 5)
    # The edge of a precipitate stands out bright, as edges do in secondary electrons.
    grey += RIM * np.exp(-(((outside - 2.5) / 2.5) ** 2)) * (labels == MATRIX)
    grey[_carbides(labels, random)] = CARBIDE_GREY
    grey += 0.03 * smooth_noise(SHAPE, 60, random) + 0.008 * smooth_noise(SHAPE, 3, random)
    seen = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.9) + random.normal(0, NOISE, SHAPE)
    pixels = np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)
    micrograph = Micrograph(
        pixels=pixels.astype(np.float32) / 255,
        name="superalloy.png",
        digest=hashlib.sha256(pixels.tobytes()).hexdigest(),
        pixel_size=PixelSize(8.0, "synthetic"),
        metadata={"origin": "synthetic", "seed": str(seed)},
        file_shape=pixels.shape,
        dtype="uint8",
        notes=("Synthetic: made by Lamella, with known truth.",),
    )
    return AlloyImage(micrograph, labels)


def _secondary(random: np.random.Generator) -> np.ndarray:
    """Return lobed precipitates (H, W) bool with channels between them, largest placed first."""
    taken = np.zeros(SHAPE, np.uint8)
    found = np.zeros(SHAPE, np.bool_)
    channel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * CHANNEL_PX + 1,) * 2)
    for reach in np.sort(random.uniform(*REACH_PX, 400))[::-1]:
        center = random.uniform((0, 0), SHAPE)
        body = _lobes(center, reach, random)
        if np.any(taken & body):
            continue
        found |= body.astype(bool)
        taken |= np.asarray(cv2.dilate(body, channel))
    return found


def _lobes(center: np.ndarray, reach: float, random: np.random.Generator) -> np.ndarray:
    """Return one precipitate (H, W) uint8: rounded blocks that grew together along two axes."""
    fine = np.zeros(SHAPE, np.uint8)
    for _ in range(1 if reach < 26 else int(random.integers(2, 5))):
        at = center + random.uniform(-0.7, 0.7, 2) * reach * (reach >= 26)
        size = reach * random.uniform(1.0, 1.7, 2)
        box = ((float(at[1]), float(at[0])), (float(size[0]), float(size[1])), random.normal(0, 8))
        cv2.fillPoly(fine, [cv2.boxPoints(box).astype(np.int32)], 1)
    smooth = cv2.GaussianBlur(fine.astype(np.float32), (0, 0), 0.14 * reach + 2)
    return (smooth > 0.5).astype(np.uint8)


def _tertiary(secondary: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return fine discs (H, W) bool in the matrix, crowded in places and away from the rest."""
    distance = cv2.distanceTransform((~secondary).astype(np.uint8), cv2.DIST_L2, 5)
    crowded = smooth_noise(SHAPE, 45, random)
    found = np.zeros(SHAPE, np.uint8)
    for _ in range(900):
        row, column = (int(random.integers(length)) for length in SHAPE)
        radius = int(random.integers(3, 6))
        free = distance[row, column] > radius + CHANNEL_PX and crowded[row, column] > 0.2
        around = found[
            max(0, row - radius - 3) : row + radius + 4,
            max(0, column - radius - 3) : column + radius + 4,
        ]
        if free and not around.any():
            cv2.circle(found, (column, row), radius, 1, -1, cv2.LINE_8)
    return found.astype(bool)


def _carbides(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return short dark rods (H, W) bool in the matrix."""
    free = cv2.distanceTransform((labels == MATRIX).astype(np.uint8), cv2.DIST_L2, 5)
    found = np.zeros(SHAPE, np.uint8)
    for place in random.permutation(np.flatnonzero(free > 2 * CHANNEL_PX // 3))[::997][:CARBIDES]:
        row, column = divmod(int(place), SHAPE[1])
        half = (int(random.integers(7, 12)), int(random.integers(4, 7)))
        cv2.ellipse(found, (column, row), half, float(random.uniform(0, 180)), 0, 360, 1, -1)
    return (found > 0) & (labels == MATRIX)
