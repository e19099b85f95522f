"""The table of objects while they are corrected: only what changed is measured anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from core.correction.state import CorrectionState
from core.measurement.phase_fraction import fractions_of_counts
from core.measurement.regions import ImageEdge, measure_objects
from core.measurement.some_regions import measure_some
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.segmentation import Segmentation

FEW = 500
"""From so many objects on, all of the image are measured at once: it is quicker."""


class ObjectTable:
    """The table of :func:`core.measurement.regions.measure_objects`, kept up to date."""

    def __init__(self, state: CorrectionState, micrograph: Micrograph) -> None:
        """Measure every object of ``state`` on its ``micrograph``."""
        self.micrograph = micrograph
        self._edge = ImageEdge.of(micrograph.measurable)
        self._rows = self._all(state)

    def update(self, state: CorrectionState, changed: Collection[int]) -> None:
        """Measure the objects that were ``changed``, by id; those that are gone lose their row."""
        size = self.micrograph.pixel_size
        there = [number for number in changed if number in state.objects]
        if size is not None and not size.is_square and changed or len(there) > FEW:
            self._rows = self._all(state)
            return
        kept = self._rows[~self._rows["id"].isin(list(changed))]
        boxes = {number: state.crop(number).slices for number in there}
        if boxes:
            pixels = self.micrograph.pixels
            new = measure_some(state.ids, boxes, pixels, size, self._edge)
            kept = pd.concat([kept, new]) if len(kept) else new
        self._rows = kept.sort_values("id", ignore_index=True)

    def table(
        self, state: CorrectionState, confidence: Mapping[int, float] | None = None
    ) -> pd.DataFrame:
        """Return the table, with the ``phase`` of each object where they differ in it, ``made_by``
        and ``confirmed``.

        ``confidence``: of the model in the objects that it found, by id; it has none in others.
        """
        found = self._rows.copy()
        records = [state.objects[number] for number in found["id"].tolist()]
        if confidence is not None:
            found["confidence"] = [
                np.nan if one.by_hand else confidence.get(number, np.nan)
                for number, one in zip(found["id"].tolist(), records, strict=True)
            ]
        if len({one.phase for one in state.objects.values()}) > 1:
            found["phase"] = [state.phases[one.phase].name for one in records]
        found["made_by"] = [one.made_by for one in records]
        found["confirmed"] = [one.confirmed for one in records]
        return found

    def _all(self, state: CorrectionState) -> pd.DataFrame:
        micrograph, size = self.micrograph, self.micrograph.pixel_size
        if size is None or size.is_square:
            return measure_objects(state.ids, micrograph.pixels, size, micrograph.measurable)
        shape, square = state.shape, square_shape(state.shape, size)
        table = measure_objects(
            resample_mask(state.ids, square),
            resample(micrograph.pixels, square),
            PixelSize(square_pixel_nm(size), size.source),
            resample_mask(micrograph.measurable, square),
        )
        for axis, column in enumerate(("centroid_row_px", "centroid_column_px")):
            table[column] = (table[column] + 0.5) * shape[axis] / square[axis] - 0.5
        return table


def phase_table(state: CorrectionState, pixel_size: PixelSize | None) -> pd.DataFrame:
    """Return the table of :func:`core.measurement.phase_fraction.phase_fractions`, from counts that
    every change keeps up to date."""
    return fractions_of_counts(state.phase_pixels[: len(state.phases)], state.phases, pixel_size)


def model_confidence(
    state: CorrectionState, segmentation: Segmentation, card: ModelCard, settings: ObjectSettings
) -> dict[int, float] | None:
    """Return how sure the model is of each object that nobody changed, by id; None of a model that
    does not tell. ``segmentation``: as the model made it.
    ``settings``: that the objects were found with."""
    from core.segmentation.objects.counted import confidence_of

    found = [number for number, one in sorted(state.objects.items()) if not one.by_hand]
    place = np.zeros(max(state.objects, default=0) + 1, np.uint32)
    place[found] = np.arange(1, len(found) + 1)
    confidence = confidence_of(place[state.ids], segmentation, card, settings)
    if confidence is None:
        return None
    return dict(zip(found, confidence[1:].tolist(), strict=True))
