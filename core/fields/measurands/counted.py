"""What is told of things that were counted: lengths, areas and shares in the unit of the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.fields.measurands.lines import weighted_mean
from core.fields.quantity import Quantity, from_sample, of_one_field
from core.fields.view import Scale, View
from core.measurement.uncertainty import Part


@dataclass(frozen=True)
class Counted:
    """``n`` things, such as "cracks", and the ``scale`` that they are measured in.

    Most methods take a value in px and return it with what the pixel size and the model add to its
    uncertainty; ``key``, ``name``, ``symbol`` and ``method`` as in
    :class:`core.fields.quantity.Quantity`.
    """

    view: View
    scale: Scale
    n: int
    counted: str

    def length(
        self,
        key: str,
        name: str,
        px: float,
        *,
        symbol: str = "",
        method: str = "",
        measurand: str = "",
    ) -> Quantity:
        """Return a length; ``measurand``: whose error the model's is."""
        value = float(px) * self.scale.per_px
        parts = self.view.systematic_parts(value, 1, measurand)
        return self.value(key, name, value, self.scale.unit, parts, symbol=symbol, method=method)

    def area(
        self, key: str, name: str, px2: float, *, symbol: str = "", method: str = ""
    ) -> Quantity:
        """Return an area."""
        value, unit = px2 * self.scale.per_px**2, self.scale.area_unit
        parts = self.view.systematic_parts(value, 2)
        return self.value(key, name, value, unit, parts, symbol=symbol, method=method)

    def per_area(
        self, key: str, name: str, per_px2: float, *, symbol: str = "", method: str = ""
    ) -> Quantity:
        """Return a number per area."""
        value, unit = self.scale.density(per_px2), self.scale.density_unit
        parts = self.view.systematic_parts(value, -2)
        return self.value(key, name, value, unit, parts, symbol=symbol, method=method)

    def value(
        self,
        key: str,
        name: str,
        value: float,
        unit: str = "",
        parts: Sequence[Part] = (),
        *,
        symbol: str = "",
        method: str = "",
    ) -> Quantity:
        """Return a value that is in ``unit`` already."""
        return of_one_field(
            key,
            name,
            value,
            unit,
            parts,
            symbol=symbol,
            n=self.n,
            counted=self.counted,
            method=method,
        )

    def mean_length(
        self,
        key: str,
        name: str,
        values_px: np.ndarray,
        weights: np.ndarray | None = None,
        *,
        reason: str,
        symbol: str = "",
        method: str = "",
    ) -> Quantity:
        """Return the mean of lengths (n,) in px with its interval from their scatter; ``reason``:
        why a single one has none."""
        mean, low_high = weighted_mean(values_px * self.scale.per_px, weights)
        return from_sample(
            key,
            name,
            mean,
            self.scale.unit,
            low_high,
            self.view.systematic_parts(mean, 1),
            symbol=symbol,
            reason=reason,
            n=self.n,
            counted=self.counted,
            method=method,
        )
