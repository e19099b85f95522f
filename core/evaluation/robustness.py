"""What a model's scores become on images unlike its own: the same ones, changed in a known way.

Not other specimens, and no promise about them; but what a change of contrast, focus, dose or
magnification costs on the very images of the score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.evaluation.changed_scores import ChangedScore
from core.formats import read_file
from core.measurement.agreement import (
    confusion_matrix,
    intersection_over_union,
    mean_of_known,
)
from core.segmentation.classic_engine import ClassicEngine
from core.segmentation.engine import Engine
from core.segmentation.preprocessing import grey_levels, resample
from core.segmentation.segment import segment
from core.training.augmentation import noise
from core.training.dataset import read_mask
from core.types import ProgressCallback, no_progress


@dataclass(frozen=True)
class Change:
    """``grey``: stretched grey levels (H, W) float32 in [0, 1] to others of the same shape; clipped
    to [0, 1] afterwards. ``magnification``: and then enlarged. ``quarter_turns``: and turned."""

    name: str
    grey: Callable[[np.ndarray], np.ndarray] = lambda grey: grey
    magnification: float = 1.0
    quarter_turns: int = 0


def _blurred(sigma_px: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda grey: cv2.GaussianBlur(grey, (0, 0), sigma_px)


def _of_dose(electrons: float) -> Callable[[np.ndarray], np.ndarray]:
    # One seed: every model sees the same noise.
    return lambda grey: noise(grey, (electrons, electrons), (0, 0), np.random.default_rng(0))


def _shaded(grey: np.ndarray) -> np.ndarray:
    return grey * np.linspace(0.5, 1, grey.shape[1], dtype=np.float32)


CHANGES = (
    Change("as it is"),
    Change("contrast inverted", lambda grey: 1 - grey),
    Change("gamma 0.5", lambda grey: grey**0.5),
    Change("gamma 2", lambda grey: grey**2),
    Change("half as bright at the left edge", _shaded),
    Change("Gaussian blur, sigma 1 px", _blurred(1)),
    Change("Gaussian blur, sigma 2 px", _blurred(2)),
    Change("Poisson noise, 100 electrons a pixel", _of_dose(100)),
    Change("Poisson noise, 25 electrons a pixel", _of_dose(25)),
    Change("half as large", magnification=0.5),
    Change("twice as large", magnification=2.0),
    Change("turned by 90 degrees", quarter_turns=1),
    Change("turned upside down", quarter_turns=2),
)


def robustness(
    engine: Engine | ClassicEngine,
    pairs: Sequence[tuple[Path, Path]],
    instances: bool,
    changes: Sequence[Change] = CHANGES,
    progress: ProgressCallback = no_progress,
) -> list[ChangedScore]:
    """Return the scores of ``engine`` on images and masks ``pairs``, for each of ``changes``.

    ``instances``: a mask's value is an object, and every object is phase 1.
    """
    found: dict[str, list[np.ndarray]] = {change.name: [] for change in changes}
    done, total = 0, len(pairs) * len(changes)
    for image, mask in pairs:
        for change in changes:
            progress(done, total)
            found[change.name].append(_confusion(engine, image, mask, instances, change))
            done += 1
    progress(total, total)
    return [_scored(name, confusions) for name, confusions in found.items()]


def _confusion(
    engine: Engine | ClassicEngine, image: Path, mask: Path, instances: bool, change: Change
) -> np.ndarray:
    micrograph, labels = read_file(image), read_mask(mask)
    labels = (labels > 0 if instances else labels).astype(np.uint8)
    rows = micrograph.shape[0] - micrograph.info_bar_rows
    grey = np.clip(change.grey(grey_levels(micrograph.pixels[:rows])), 0, 1).astype(np.float32)
    shape = tuple(round(side * change.magnification) for side in grey.shape)
    labels = cv2.resize(labels[:rows], shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    pixels = np.rot90(resample(grey, shape), change.quarter_turns)
    digest = hashlib.sha256(f"{micrograph.digest} {change.name}".encode()).hexdigest()
    # Not at the pixel size of the file: it would be resampled to what it was.
    changed = replace(micrograph, pixels=pixels, digest=digest, pixel_size=None, info_bar_rows=0)
    labels = np.rot90(labels, change.quarter_turns)
    return confusion_matrix(labels, segment(changed, engine).labels, len(engine.card.phases))


def _scored(name: str, confusions: Sequence[np.ndarray]) -> ChangedScore:
    together = np.sum(confusions, axis=0)
    per_image = [float(_foreground(one)) for one in confusions]
    return ChangedScore(
        name,
        len(confusions),
        mean_of_known(intersection_over_union(together)),
        float(_foreground(together)),
        mean_of_known(per_image),
    )


def _foreground(confusion: np.ndarray) -> float:
    """Return the IoU of all that is not phase 0; nan where there is none."""
    both = confusion[1:, 1:].sum()
    either = confusion.sum() - confusion[0, 0]
    return both / either if either else float("nan")
