"""Runs a random forest in place of a network."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.errors import DataError
from core.execution import Execution
from core.image_size import width_x_height
from core.pixels.resampling import resample_mask, square_pixel_nm
from core.segmentation.forest.marks import Marks, marks_of
from core.segmentation.forest.pixel_forest import (
    FeatureBands,
    ForestSettings,
    PixelForest,
    fit_forest,
)
from core.segmentation.preprocessing import image_field
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress


@dataclass(frozen=True, eq=False)
class ForestTraining:
    """What a forest was trained on: enough to fit it again.

    ``image_name``, ``image_digest``, ``bar_rows``: of the micrograph that the marks are on.
    """

    marks: Marks
    image_name: str
    image_digest: str
    bar_rows: tuple[int, int]
    settings: ForestSettings

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what the forest is like."""
        parts = [self.marks.digest, self.image_digest, self.bar_rows, asdict(self.settings)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class ForestEngine:
    """A fitted forest and what it was trained on. It sees an image whole, band by band.

    ``bands``: of the image that it was trained on, where they are kept.
    """

    device = "cpu"
    execution = Execution()

    def __init__(
        self,
        card: ModelCard,
        forest: PixelForest,
        bands: FeatureBands | None,
        training: ForestTraining,
    ) -> None:
        self.card = card
        self.forest = forest
        self.forest_training = training
        self.bands = bands

    def whole(
        self,
        grey: np.ndarray,
        valid: np.ndarray | None = None,
        progress: ProgressCallback = no_progress,
    ) -> np.ndarray:
        """Return the probabilities (C, H, W) float32 of grey levels (H, W) in [0, 1].

        A pixel's phase depends on its neighbourhood alone, whatever else is ``valid``.
        """
        bands = self.bands
        if bands is None or not np.array_equal(bands.grey, grey):
            bands = FeatureBands(grey, self.forest_training.settings.scales_px)
        return self.forest.probabilities(bands, progress)


def features_of(micrograph: Micrograph, settings: ForestSettings | None = None) -> FeatureBands:
    """Return the features of a micrograph above its info bar; nothing is computed yet."""
    return FeatureBands(image_field(micrograph).grey, (settings or ForestSettings()).scales_px)


def fit(
    card: ModelCard,
    micrograph: Micrograph,
    marks: Marks,
    settings: ForestSettings | None = None,
    *,
    bands: FeatureBands | None = None,
    progress: ProgressCallback = no_progress,
) -> ForestEngine:
    """Return a forest fitted to the ``marks`` on ``micrograph``.

    Its card names the phases of the marks. Where the micrograph has a pixel size, other images are
    resampled to it, as they are for a network. ``bands``: of :func:`features_of`, if they are kept.

    Raises:
        DataError: marks of another shape than the micrograph's, or of fewer than two phases.
    """
    if marks.values.shape != micrograph.shape:
        raise DataError(
            f"The marks are {width_x_height(marks.values.shape)} px and {micrograph.name} is "
            f"{width_x_height(micrograph.shape)} px; mark the image at its full size."
        )
    settings = settings or ForestSettings()
    bands = bands or features_of(micrograph, settings)
    forest = fit_forest(bands, _on_field(marks, micrograph, bands.grey.shape), settings, progress)
    size = micrograph.pixel_size
    fitted = replace(
        card, phases=marks.phases, pixel_size_nm=square_pixel_nm(size) if size else None
    )
    training = ForestTraining(
        marks, micrograph.name, micrograph.digest, micrograph.bar_rows, settings
    )
    return ForestEngine(fitted, forest, bands, training)


def _on_field(marks: Marks, micrograph: Micrograph, shape: tuple[int, int]) -> Marks:
    """Return the marks on the image rows, (H, W) = ``shape`` in square pixels; none on a pixel
    without a grey level."""
    rows = micrograph.image_rows
    values = marks.values[rows] * micrograph.measurable[rows]
    return marks_of(resample_mask(values, shape), marks.phases)
