"""What the page Gold nanoparticles computes: thresholds, sizes, a short training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd
from skimage.filters import threshold_otsu

from core.measurement.agreement import check_same_shape, confusion_matrix, dice
from core.measurement.regions import measure_objects
from core.training.live_training import LiveTraining, train_short
from core.training.recipe import Recipe
from core.training.synthetic_gold import gold_data
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback, no_progress

# Fine enough for a blurred image, whose grey levels lie close together.
BINS, COARSE_BINS = 4096, 32
LIVE_SIDE_PX = 128


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What one grey level can and cannot do for an image whose particles are known.

    ``grey``: (H, W) float32 in [0, 1], blurred as asked. ``otsu``, ``best``: thresholds; ``best``
    has the largest Dice that any threshold reaches, which only the truth tells. ``overlap``: what
    the two histograms share, 1 where they are the same and 0 where a threshold would do. ``dark``:
    whether the dark side of a threshold fits the particles better than the bright side.
    """

    grey: np.ndarray
    labels: np.ndarray
    otsu: float
    best: float
    overlap: float
    dark: bool

    def mask(self, threshold: float) -> np.ndarray:
        """Return what a threshold calls particle, (H, W) bool, on the side that fits better."""
        return self.grey <= threshold if self.dark else self.grey > threshold

    def dice(self, threshold: float) -> float:
        """Return the Dice coefficient of a threshold with the truth."""
        return mask_dice(self.labels > 0, self.mask(threshold))


def study_thresholds(grey: np.ndarray, labels: np.ndarray, blur_px: float = 0) -> Thresholds:
    """Try every threshold on ``grey`` (H, W) in [0, 1] with its ``labels`` (H, W), 1 = particle.

    ``blur_px``: standard deviation of a Gaussian blur before.
    """
    check_same_shape(labels, grey)
    shown = np.asarray(grey, np.float32)
    if blur_px > 0:
        shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), blur_px))
    edges = np.linspace(0, 1, BINS + 1)
    particle, carbon = (np.histogram(shown[labels == one], edges)[0] for one in (1, 0))
    best, dark = _best(particle, carbon, edges)
    shares = [counts / max(counts.sum(), 1) for counts in (particle, carbon)]
    return Thresholds(
        grey=shown,
        labels=labels,
        otsu=float(threshold_otsu(shown)) if shown.min() < shown.max() else 0.5,
        best=best,
        overlap=float(np.minimum(*(_coarse(share) for share in shares)).sum()),
        dark=dark,
    )


def _best(particle: np.ndarray, carbon: np.ndarray, edges: np.ndarray) -> tuple[float, bool]:
    """Return the threshold with the largest Dice, and whether particles are on its dark side."""
    found = []
    for dark in (True, False):
        right, wrong = np.cumsum(particle), np.cumsum(carbon)
        if not dark:
            right, wrong = right[-1] - right, wrong[-1] - wrong
        scores = 2 * right / np.maximum(right + wrong + particle.sum(), 1)
        found.append((float(scores.max()), float(edges[1:][scores.argmax()]), dark))
    _, threshold, dark = max(found)
    return threshold, dark


def _coarse(share: np.ndarray) -> np.ndarray:
    # Fine bins hold so few pixels that noise alone would keep the histograms apart.
    return share.reshape(COARSE_BINS, -1).sum(1)


def mask_dice(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the Dice coefficient of two masks (H, W) bool; nan where both are empty."""
    return float(dice(confusion_matrix(truth.astype(np.uint8), found.astype(np.uint8), 2))[1])


def sizes_beside_truth(
    table: pd.DataFrame, objects: np.ndarray, truth: np.ndarray, pixel_size: PixelSize
) -> pd.DataFrame:
    """Return ``table`` with the equivalent diameter of the true object under each found one.

    ``objects``, ``truth``: (H, W) ids, 0 = none. The true object is the one that shares most
    pixels; nan where none does. The new column is ``true_diameter_nm``.
    """
    check_same_shape(truth, objects)
    known = measure_objects(truth, np.zeros(truth.shape, np.float32), pixel_size)
    diameters = dict(zip(known["id"], known["equivalent_diameter_nm"], strict=True))
    column = []
    for number in table["id"]:
        under = truth[objects == number]
        counts = np.bincount(under[under > 0]) if (under > 0).any() else None
        column.append(float("nan") if counts is None else diameters[int(counts.argmax())])
    return table.assign(true_diameter_nm=column)


def train_live(
    card: ModelCard,
    recipe: Recipe,
    steps: int,
    seed: int = 1,
    progress: ProgressCallback = no_progress,
    seen: Callable[[float], None] = lambda loss: None,
) -> LiveTraining:
    """Train ``card``'s network for a few steps on crops of 128 px, each simulated anew.

    See ``core.training.live_training.train_short``.

    Raises:
        DataError: no steps.
    """
    make = partial(gold_data, LIVE_SIDE_PX, validation=6, train=1)
    return train_short(card, recipe, make, steps, LIVE_SIDE_PX, seed, progress, seen)
