"""Fields that differ from the others more than chance would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from core.fields.result import FieldMeasurement
from core.fields.words import value_in_words

FEWEST_FIELDS = 5
ALIKE = 0.999
"""Share of fields of one population that count as alike."""
LOOKED_AT = ("number_density", "area_fraction", "anisotropy")
"""What fields are compared by beside their headline."""
NORMAL_BY_MAD = 1.4826


@dataclass(frozen=True)
class Outlier:
    """A field that stands out. ``index``: its place. ``distance``: robust distance from the middle
    of all fields. ``reason``: the value that differs most, in words."""

    index: int
    name: str
    distance: float
    reason: str


def find_outliers(fields: Sequence[FieldMeasurement]) -> tuple[Outlier, ...]:
    """Return fields whose robust distance is above that of 99.9 % of normal ones.

    The distance is Mahalanobis' with medians and median absolute deviations in place of means and
    standard deviations, values taken as uncorrelated, over the headline and LOOKED_AT. Under 5
    fields none stands out.

    Source: Rousseeuw and Hubert 2011, doi:10.1002/widm.2.
    """
    if len(fields) < FEWEST_FIELDS:
        return ()
    keys = [fields[0].headline.key, *LOOKED_AT]
    found = {key: _scores(fields, key) for key in keys}
    scores = {key: score for key, score in found.items() if score is not None}
    if not scores:
        return ()
    every = np.stack(list(scores.values()))
    distance = np.sqrt((every**2).sum(axis=0))
    limit = float(np.sqrt(chi2.ppf(ALIKE, len(every))))
    return tuple(
        Outlier(
            index,
            fields[index].name,
            float(distance[index]),
            _reason(fields[index], list(scores)[int(np.abs(every[:, index]).argmax())]),
        )
        for index in np.flatnonzero(distance > limit).tolist()
    )


def _scores(fields: Sequence[FieldMeasurement], key: str) -> np.ndarray | None:
    """Return how many robust standard deviations each field's value is from the median, 0 where it
    has none; None where most fields are equal or have none."""
    found = [{one.key: one for one in field.quantities}.get(key) for field in fields]
    units = {one.unit for one in found if one is not None}
    if len(units) != 1:
        return None
    values = np.array([np.nan if q is None or q.value is None else q.value for q in found])
    if np.isfinite(values).sum() < FEWEST_FIELDS:
        return None
    middle = np.nanmedian(values)
    spread = NORMAL_BY_MAD * np.nanmedian(np.abs(values - middle))
    return np.nan_to_num((values - middle) / spread) if spread > 0 else None


def _reason(field: FieldMeasurement, key: str) -> str:
    one = field.quantity(key)
    return f"{one.name} is {value_in_words(one)}"
