"""How much images are enlarged for a network, so that their smallest structures have pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.training.augmentation import IGNORED
from core.training.fine_tuning.images import TeachingImage

WANTED_PX = 6.0
MOST = 2.0
MOST_PIXELS = 1 << 24
"""That an image has when it is seen: enlarging a large one would take minutes for an answer."""


def mean_intercepts(images: Sequence[TeachingImage], phases: int) -> np.ndarray:
    """Return the mean intercept length of each phase in px, (phases,) float64: of its runs along
    rows and columns, all images together.

    An object that the labels tell from its neighbours ends a run. Runs that the border of the image
    or of what is known cuts are left out; a phase most of whose pixels lie in such, as the ground
    within a few px of outlined objects does, has no length, which is nan.

    Source: mean lineal intercept, Underwood 1970, Quantitative Stereology, ch. 2.
    """
    whole, count, total = np.zeros(phases), np.zeros(phases), np.zeros(phases)
    for image in images:
        for turned in (False, True):
            labels, lengths = _runs(image, turned)
            is_open = labels == IGNORED
            # Between two runs of a row there is a pixel of the border; so each has a neighbour.
            is_whole = ~is_open[1:-1] & ~is_open[:-2] & ~is_open[2:]
            inner, size = labels[1:-1], lengths[1:-1]
            whole += np.bincount(inner[is_whole], size[is_whole], phases)[:phases]
            count += np.bincount(inner[is_whole], minlength=phases)[:phases]
            total += np.bincount(labels[~is_open], lengths[~is_open], phases)[:phases]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole >= 0.5 * total, whole / count, np.nan)


def working_scale(images: Sequence[TeachingImage], phases: int, usual: float = 1.0) -> float:
    """Return by how much images are enlarged: up to twice, so that the phase of the shortest mean
    intercept has 6 px of it; ``usual`` where that is enough.

    The first layer of the encoders halves an image, so what has 2 to 3 px is not seen. No image is
    enlarged beyond 16 megapixels.
    """
    lengths = mean_intercepts(images, phases)
    if np.isnan(lengths).all():
        return usual
    largest = max(image.grey.size for image in images)
    wanted = min(WANTED_PX / np.nanmin(lengths), MOST, (MOST_PIXELS / largest) ** 0.5)
    return max(usual, round(float(wanted), 1))


def _runs(image: TeachingImage, turned: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return label and length of the runs of all rows, one after the other, ``IGNORED`` around each
    row; of the columns where ``turned``."""
    known = np.where(image.phases == IGNORED, 0, image.phases).astype(np.int64)
    code = known if image.instances is None else known + 256 * image.instances.astype(np.int64)
    code = np.where(image.phases == IGNORED, -1, code)
    rows = np.pad(code.T if turned else code, ((0, 0), (1, 1)), constant_values=-1).ravel()
    starts = np.flatnonzero(np.diff(rows, prepend=-2))
    labels = rows[starts]
    return np.where(labels < 0, IGNORED, labels % 256), np.diff(starts, append=len(rows))
