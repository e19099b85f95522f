"""What the measurement of one field holds: values, a table, a distribution, and what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import DataError
from core.fields.quantity import Quantity, factor, quantity_of
from core.fields.settings import Kind, MeasureSettings
from core.measurement.size_fit import SizeFit
from core.types.arrays import read_only

if TYPE_CHECKING:
    import pandas as pd

LineKind = Literal["test line", "test circle", "frame", "medial axis", "thickness"]


@dataclass(frozen=True, eq=False)
class DrawnLine:
    """A line on the micrograph: ``points`` (n, 2) float64, (row, column) in px of the image, whole
    numbers at pixel centres."""

    kind: LineKind
    points: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", read_only(np.asarray(self.points, np.float64)))


@dataclass(frozen=True, eq=False)
class DrawnHits:
    """Where test lines cross boundaries, or points of a grid lie.

    ``ids``: (n,) int64, which ``MeasureSettings.removed_hits`` names; the same on each run with the
    same lines. ``places``: (n, 2) float64 as in :class:`DrawnLine`. ``counts``: (n,) float64, what
    each counts, 0 for one that was removed.
    """

    ids: np.ndarray
    places: np.ndarray
    counts: np.ndarray

    @classmethod
    def none(cls) -> DrawnHits:
        """Return no hits."""
        return cls(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0))

    def __post_init__(self) -> None:
        for name in ("ids", "places", "counts"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True, eq=False)
class Drawing:
    """What was measured, to be drawn on the micrograph."""

    lines: tuple[DrawnLine, ...] = ()
    hits: DrawnHits = field(default_factory=DrawnHits.none)


@dataclass(frozen=True, eq=False)
class Distribution:
    """Values whose histogram is shown.

    ``name``: of what, such as "Equivalent diameter". ``values``: (n,) in ``unit``, finite.
    ``weights``: (n,) how much each counts, positive. ``counted``: "particles". ``fit``: the curve
    over the histogram; None without. ``key``: of the column.
    """

    key: str
    name: str
    unit: str
    values: np.ndarray
    weights: np.ndarray
    counted: str
    fit: SizeFit | None = None

    def __post_init__(self) -> None:
        for name in ("values", "weights"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name), np.float64)))

    def in_unit(self, unit: str) -> Distribution:
        """Return the same values in another unit of length."""
        times = 1.0 if unit == self.unit else factor(self.unit, unit)
        if times is None:
            raise DataError(f"{self.name} is in {self.unit} and cannot be given in {unit}.")
        fit = self.fit and replace(self.fit, scale=self.fit.scale * times)
        return replace(self, unit=unit, values=self.values * times, fit=fit)


@dataclass(frozen=True, eq=False)
class FieldMeasurement:
    """What is reported of one field of view.

    ``name``: of the micrograph. ``headline``: the one value that comes first; one of
    ``quantities``. ``table``: one row an object (particle, grain, segment), units in the column
    names, nm or px; empty where nothing is counted. ``counted``: what its rows are.
    ``distribution``: of the headline's size; ``further``: other histograms, such as orientations.
    ``method``: two sentences that can be pasted into a paper. ``references``: the standards and
    papers. ``notes``: what was decided on the way; ``warnings``: why to doubt the values.
    ``scale``: the pixel size and where it comes from, in words; ``pixel_nm``: the side of a square
    pixel, None without. ``is_empty``: there was nothing to measure, and ``warnings`` say so.
    """

    name: str
    kind: Kind
    headline: Quantity
    quantities: tuple[Quantity, ...]
    table: pd.DataFrame
    counted: str
    method: str
    scale: str
    settings: MeasureSettings
    pixel_nm: float | None = None
    distribution: Distribution | None = None
    further: tuple[Distribution, ...] = ()
    drawing: Drawing = field(default_factory=Drawing)
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_empty: bool = False

    def quantity(self, key: str) -> Quantity:
        """Return a quantity by its key.

        Raises:
            DataError: none of that key.
        """
        return quantity_of(self.quantities, key, self.name)
