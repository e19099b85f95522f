"""A random forest that learns from marked pixels what each phase looks like.

Source: Breiman 2001, Machine Learning 45:5, doi 10.1023/A:1010933404324, as scikit-learn has it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DataError
from core.image_size import width_x_height
from core.segmentation.forest.marks import Marks
from core.segmentation.forest.pixel_features import NAMES, SCALES_PX, pixel_features, reach_px
from core.types.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

# The features of one band take 128 bytes a pixel.
BAND_PIXELS = 1 << 20
SHORTEST_BAND = 64
# Small enough to stop soon after it was asked for.
CHUNK_PIXELS = 1 << 16
MOST_THREADS = 4


@dataclass(frozen=True)
class ForestSettings:
    """How a forest learns. ``pixels_of_a_phase``: drawn at random where more are marked."""

    trees: int = 50
    pixels_of_a_phase: int = 2000
    smallest_leaf_px: int = 1
    seed: int = 0
    scales_px: tuple[float, ...] = SCALES_PX


class FeatureBands:
    """The features of an image, band by band, so that memory does not grow with its height.

    The band used last is kept: an image of one band is looked at once, however often a forest
    learns from it. ``grey``: (H, W) in [0, 1].
    """

    def __init__(self, grey: np.ndarray, scales_px: tuple[float, ...] = SCALES_PX) -> None:
        self.grey = grey
        self.scales_px = scales_px
        height, width = grey.shape
        rows = max(SHORTEST_BAND, BAND_PIXELS // width)
        self.bands = [(top, min(top + rows, height)) for top in range(0, height, rows)]
        self._kept: tuple[int, np.ndarray] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that a kept band takes."""
        top, bottom = self.bands[0]
        return len(self.scales_px) * len(NAMES) * (bottom - top) * self.grey.shape[1] * 4

    def band(self, index: int) -> np.ndarray:
        """Return the features (pixels, F) float32 of a band, in raster order."""
        kept = self._kept
        if kept is not None and kept[0] == index:
            return kept[1]
        top, bottom = self.bands[index]
        reach = reach_px(self.scales_px)
        first = max(0, top - reach)
        seen = pixel_features(self.grey[first : bottom + reach], self.scales_px)
        found = seen[:, top - first : bottom - first].reshape(len(seen), -1)
        table = np.ascontiguousarray(found.T)
        self._kept = index, table
        return table


@dataclass(frozen=True, eq=False)
class ForestExamples:
    """The pixels that a forest learns from: ``features`` (n, F) float32, ``values`` (n,) uint8, 1 =
    first phase."""

    features: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class PixelForest:
    """A forest that has learned from ``examples``; it knows phases 0 to ``phases`` - 1."""

    forest: RandomForestClassifier
    phases: int
    settings: ForestSettings
    examples: ForestExamples

    def probabilities(
        self, bands: FeatureBands, progress: ProgressCallback = no_progress
    ) -> np.ndarray:
        """Return the probability (C, H, W) float32 of each phase: the share of the trees' votes.

        A phase that nothing was marked of has probability 0. ``progress`` is called with rows done
        and stops the work by raising ``core.errors.Cancelled``.
        """
        height, width = bands.grey.shape
        found = np.zeros((self.phases, height * width), np.float32)
        known = self.forest.classes_ - 1
        progress(0, height)
        with ThreadPoolExecutor(_threads()) as pool:
            for index, (top, bottom) in enumerate(bands.bands):
                table, start = bands.band(index), top * width
                chunks = list(_chunks(len(table)))
                parts = pool.map(lambda part, table=table: self._votes(table[part]), chunks)
                assert isinstance(parts, Generator)
                try:
                    for part, votes in zip(chunks, parts, strict=True):
                        found[known, start + part.start : start + part.stop] = votes
                        progress(top + min(part.stop // width, bottom - top), height)
                finally:
                    # What was not begun would still be worked through after a cancel.
                    parts.close()
        return found.reshape(self.phases, height, width)

    def _votes(self, table: np.ndarray) -> np.ndarray:
        return self.forest.predict_proba(table).T


def fit_forest(
    bands: FeatureBands,
    marks: Marks,
    settings: ForestSettings | None = None,
    progress: ProgressCallback = no_progress,
) -> PixelForest:
    """Return a forest that learned from the marked pixels; the same for the same marks.

    Phases count the same whatever their number of marked pixels. ``marks``: of an image at least
    as high as the bands'; marks on rows below them, an info bar, are left out.

    Raises:
        DataError: marks of another shape, or pixels of fewer than two phases.
    """
    settings = settings or ForestSettings()
    rows, columns = _chosen(_inside(marks, bands.grey.shape), settings)
    table, classes = [], []
    for index, (top, bottom) in enumerate(bands.bands):
        here = (rows >= top) & (rows < bottom)
        if here.any():
            progress(0, 0)
            at = (rows[here] - top) * bands.grey.shape[1] + columns[here]
            table.append(bands.band(index)[at])
            classes.append(marks.values[rows[here], columns[here]])
    examples = ForestExamples(np.concatenate(table), np.concatenate(classes))
    return forest_of(examples, len(marks.phases), settings)


def forest_of(examples: ForestExamples, phases: int, settings: ForestSettings) -> PixelForest:
    """Return the forest that learns from ``examples``; the same for the same ones."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(
        settings.trees,
        min_samples_leaf=settings.smallest_leaf_px,
        class_weight="balanced",
        random_state=settings.seed,
        n_jobs=1,
    )
    forest.fit(examples.features, examples.values)
    return PixelForest(forest, phases, settings, examples)


def import_learner() -> None:
    """Import scikit-learn, which takes a second or two, before somebody waits for it."""
    import sklearn.ensemble  # noqa: F401


def _inside(marks: Marks, shape: tuple[int, int]) -> np.ndarray:
    """Return the marks that lie on the image itself."""
    height, width = marks.values.shape
    if width != shape[1] or height < shape[0]:
        raise DataError(
            f"The marks are {width_x_height((height, width))} px and the image is "
            f"{width_x_height(shape)} px; mark the image at its full size."
        )
    values = marks.values[: shape[0]]
    found = np.flatnonzero(np.bincount(values.ravel())[1:])
    if len(found) < 2:
        what = f"Only {marks.phases[found[0]].name!r} is" if len(found) else "Nothing is"
        raise DataError(f"{what} marked; mark a few pixels of at least two phases.")
    if found[-1] >= len(marks.phases):
        raise DataError(
            f"The marks hold the value {found[-1] + 1} and there are {len(marks.phases)} phases; "
            "name as many phases as there are values."
        )
    return values


def _chosen(values: np.ndarray, settings: ForestSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the pixels to learn from, at most so many of each phase."""
    random = np.random.default_rng(settings.seed)
    chosen = []
    for value in np.unique(values)[np.unique(values) > 0]:
        found = np.flatnonzero(values == value)
        if len(found) > settings.pixels_of_a_phase:
            found = np.sort(random.choice(found, settings.pixels_of_a_phase, replace=False))
        chosen.append(found)
    return np.divmod(np.sort(np.concatenate(chosen)), values.shape[1])


def _chunks(pixels: int) -> Iterator[slice]:
    for start in range(0, pixels, CHUNK_PIXELS):
        yield slice(start, min(start + CHUNK_PIXELS, pixels))


def _threads() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return min(MOST_THREADS, len(usable(0)) if usable else os.cpu_count() or 1)
