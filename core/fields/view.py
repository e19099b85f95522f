"""An analysis as measurements see it: image rows only, square pixels, one unit of length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import pandas as pd

from core.analysis.analysis import Analysis
from core.errors import DataError
from core.fields.settings import MeasureSettings
from core.measurement.regions import measure_objects
from core.measurement.uncertainty import ModelError, Part
from core.pixels.resampling import resample, resample_mask, square_pixel_nm, square_shape
from core.types.model_card import ModelCard
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback, no_progress

NO_SCALE = (
    "The image has no pixel size, so lengths are in px and there is no grain size number; give the "
    "pixel size, or drag along the scale bar."
)


@dataclass(frozen=True)
class Scale:
    """The unit that lengths are given in: ``unit`` "nm", "µm" or "px", of which one pixel has
    ``per_px``. ``nm``: of a pixel; None without a pixel size."""

    unit: str
    per_px: float
    nm: float | None = None

    @property
    def area_unit(self) -> str:
        """The square of the unit: "µm²"."""
        return f"{self.unit}²"

    @property
    def density_unit(self) -> str:
        """Of numbers per area: per mm² where lengths are in µm, per µm² where in nm."""
        return {"px": "1/px²", "nm": "1/µm²", "µm": "1/mm²"}[self.unit]

    def density(self, per_px2: float) -> float:
        """Return a number per px² in ``density_unit``."""
        if self.nm is None:
            return per_px2
        return per_px2 * ((1e3 if self.unit == "nm" else 1e6) / self.nm) ** 2


@dataclass(frozen=True, eq=False)
class View:
    """``analysis`` with what the user chose, and how far the model is off (``model_errors``).

    ``progress``: called while it is measured; stops it by raising.
    """

    analysis: Analysis
    settings: MeasureSettings
    model_errors: tuple[ModelError, ...] = ()
    progress: ProgressCallback = no_progress

    @property
    def pixel_nm(self) -> float | None:
        """Side in nm of the square pixels of this view; None without a pixel size."""
        size = self.analysis.micrograph.pixel_size
        return None if size is None else square_pixel_nm(size)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the image area in square pixels."""
        rows = self.analysis.micrograph.image_rows
        height, width = rows.stop - rows.start, self.analysis.micrograph.shape[1]
        return square_shape((height, width), self.analysis.micrograph.pixel_size)

    @cached_property
    def labels(self) -> np.ndarray:
        """(H, W) uint8 phases of the image area."""
        return self._mask(self.analysis.segmentation.labels)

    @cached_property
    def measurable(self) -> np.ndarray:
        """(H, W) bool: the pixels that hold a grey level."""
        return self._mask(self.analysis.micrograph.measurable)

    @cached_property
    def objects(self) -> np.ndarray:
        """(H, W) uint32 ids, 0 = none."""
        return self._mask(self.analysis.objects)

    def probability(self, phase: int) -> np.ndarray:
        """Return (H, W) float32 in [0, 1] of a phase."""
        rows = self.analysis.micrograph.image_rows
        found = self.analysis.segmentation.probabilities[phase, rows]
        return resample(found.astype(np.float32), self.shape)

    def _mask(self, image: np.ndarray) -> np.ndarray:
        return resample_mask(image[self.analysis.micrograph.image_rows], self.shape)

    def in_image(self, places: np.ndarray) -> np.ndarray:
        """Return places (n, 2) of this view, (row, column), in px of the micrograph."""
        rows = self.analysis.micrograph.image_rows
        size = np.array([rows.stop - rows.start, self.analysis.micrograph.shape[1]], float)
        inside = (np.asarray(places, float) + 0.5) * size / np.array(self.shape) - 0.5
        return inside + np.array([rows.start, 0.0])

    def scale(self, typical_px: float) -> Scale:
        """Return the unit that suits a length of so many px of this view."""
        nm = self.pixel_nm
        if nm is None:
            return Scale("px", 1.0)
        unit = self.settings.length_unit or ("µm" if typical_px * nm >= 1000 else "nm")
        return Scale(unit, nm / (1000.0 if unit == "µm" else 1.0), nm)

    @property
    def pixel_size_error_percent(self) -> float | None:
        """Half-width of the 95 % interval of the pixel size: as stated, else as the scale bar gives
        it; None where neither is known."""
        stated, size = self.settings.pixel_size_error_percent, self.analysis.micrograph.pixel_size
        return stated if stated is not None or size is None else size.error_percent

    @property
    def scale_in_words(self) -> str:
        """The pixel size, its uncertainty and where it comes from."""
        size, error = self.analysis.micrograph.pixel_size, self.pixel_size_error_percent
        if size is None:
            return NO_SCALE
        known = f" ± {error:.2g} % (95 %)" if error is not None else ", its uncertainty not stated"
        return f"{size.in_words} a pixel{known}; source: {size.source}"

    def phase(self, words: tuple[str, ...] = ()) -> int:
        """Return the phase to measure: the one chosen, else the usual one.

        Raises:
            DataError: no such phase.
        """
        phases, chosen = self.analysis.segmentation.phases, self.settings.phase
        if chosen is None:
            return usual_phase(self.analysis.card, words)
        if not 0 <= chosen < len(phases):
            raise DataError(
                f"Phase {chosen} was asked for; the phases are 0 to {len(phases) - 1}: "
                f"{', '.join(one.name for one in phases)}."
            )
        return chosen

    @cached_property
    def particle_ids(self) -> np.ndarray:
        """(H, W) ids of what is measured as particles, 0 = none: the model's objects, else the
        regions of the phase asked for."""
        return self.objects if self._has_objects else self.regions(self.phase())

    @cached_property
    def particle_table(self) -> pd.DataFrame:
        """One row a particle; see :func:`core.measurement.regions.measure_objects`."""
        return self.analysis.table if self._has_objects else self.measure(self.particle_ids)

    @property
    def _has_objects(self) -> bool:
        objects = self.analysis.card.objects_phase
        return objects is not None and self.settings.phase in (None, objects)

    def measure(self, ids: np.ndarray) -> pd.DataFrame:
        """Return the table of ``ids`` (H, W) of this view; places in px of the micrograph."""
        rows = self.analysis.micrograph.image_rows
        pixels = resample(self.analysis.micrograph.pixels[rows], self.shape)
        size = None if self.pixel_nm is None else PixelSize(self.pixel_nm, "square pixels")
        table = measure_objects(ids, pixels, size, self.measurable)
        columns = ["centroid_row_px", "centroid_column_px"]
        table[columns] = self.in_image(table[columns].to_numpy())
        return table

    def regions(self, phase: int) -> np.ndarray:
        """Return the connected regions (H, W) int32 of a phase, 0 = none: of the objects that
        count, where the model counts objects of it, else of those not under the minimum area."""
        if phase == self.analysis.card.objects_phase:
            return cv2.connectedComponents((self.objects > 0).astype(np.uint8))[1]
        mask = (self.labels == phase) & self.measurable
        found = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        areas = found[2][:, cv2.CC_STAT_AREA]
        kept = areas >= self.analysis.object_settings.minimum_area_px
        kept[0] = False
        number = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
        return number[found[1]]

    def systematic_parts(
        self, value: float, power: int = 0, measurand: str = ""
    ) -> tuple[Part, ...]:
        """Return what the pixel size and the model add to the uncertainty of a value.

        ``power``: of the pixel size in the value: 1 of a length, 2 of an area, -2 of a density.
        ``measurand``: see :class:`core.measurement.uncertainty.ModelError`, whose error is relative
        here; "" where the model's error does not apply or is not known.
        """
        parts = []
        error = self.pixel_size_error_percent
        if power and error is not None and self.pixel_nm is not None:
            reach = abs(value * power) * error / 100
            parts.append(Part("pixel size", reach, reach, f"pixel size ± {error:.2g} %"))
        return (*parts, *model_parts(self.model_errors, value, measurand))


def model_parts(errors: Sequence[ModelError], value: float, measurand: str) -> tuple[Part, ...]:
    """Return what a model's relative error adds to the uncertainty of a value; see
    :meth:`View.systematic_parts`."""
    return tuple(
        Part(
            "model",
            abs(value) * one.within_95,
            abs(value) * one.within_95,
            _of_model(one),
            one.shared,
        )
        for one in errors
        if measurand and one.measurand == measurand
    )


def usual_phase(card: ModelCard, words: tuple[str, ...]) -> int:
    """Return the phase that is measured where none is chosen: the first whose name has one of
    ``words``, else that which the model counts objects of, else the one that its card is about,
    else the last."""
    for index, one in enumerate(card.phases):
        if any(word in one.name.lower() for word in words):
            return index
    asked = (card.objects_phase, card.phase_of_interest, len(card.phases) - 1)
    return next(index for index in asked if index is not None)


def _of_model(error: ModelError) -> str:
    return f"within {100 * error.within_95:.1f} % of the reference {error.images_in_words}"
