"""Many fields, one result: means over fields, pooled objects, fields that stand out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.errors import DataError
from core.fields.many.outliers import Outlier, find_outliers
from core.fields.many.pooled_sizes import (
    TOO_DIFFERENT,
    alike,
    pooled_sizes,
    shared_parts,
    why_not_over_fields,
)
from core.fields.many.pooled_words import method_of
from core.fields.measurands.particle_quantities import whole_in_words
from core.fields.measurands.sizes import fitted
from core.fields.quantity import Quantity, quantity_of, with_parts
from core.fields.result import Distribution, FieldMeasurement
from core.fields.settings import Kind
from core.fields.words import in_a_sentence
from core.measurement.direction import mean_direction
from core.measurement.field_statistics import field_statistics
from core.measurement.grains.grain_size import (
    count_of_g,
    g_from_count,
    g_from_intercept,
    intercept_of_g,
)
from core.measurement.uncertainty import Part

Turn = Callable[[float], float]
MOST_FIELDS = 1000
"""So many more to measure are told; beyond, the number is no advice."""
OVER_FIELDS = "mean over fields, Student's t"
# A mean of logarithms is no mean of sizes: G is averaged as what it was found from (E112, sec. 15).
BY_INTERCEPT = ("g_lines", "g_circles")
BY_COUNT = ("g_jeffries", "g_saltykov")
LARGEST = {"g_ala": min, "largest_area": max, "maximum_thickness": max, "minimum_thickness": min}
"""Quantities of which the fields' extreme is reported, not their mean."""
ALL_EQUAL = "All fields have the same value, so their scatter gives no interval."


@dataclass(frozen=True, eq=False)
class PooledMeasurement:
    """One result of several fields.

    ``fields``: those that count, lengths in one unit. ``quantities``: their means with 95 %
    intervals over fields; sizes of particles are those of all particles together. ``table``: every
    object, with the column ``field``. ``outliers``: fields that differ from the others; they count
    nevertheless. ``notes``: sentences on what counts; ``warnings``: on fields that were left out.
    """

    kind: Kind
    fields: tuple[FieldMeasurement, ...]
    headline: Quantity
    quantities: tuple[Quantity, ...]
    table: pd.DataFrame
    counted: str
    method: str
    distribution: Distribution | None = None
    outliers: tuple[Outlier, ...] = ()
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def quantity(self, key: str) -> Quantity:
        """Return a quantity by its key.

        Raises:
            DataError: none of that key.
        """
        return quantity_of(self.quantities, key, "these fields")


def pool(measured: Sequence[FieldMeasurement]) -> PooledMeasurement:
    """Average fields of one kind.

    Of a mean, the scatter of fields gives the interval (Student's t, n - 1 degrees of freedom);
    what all fields share, the pixel size and the model's mean error, is added to it.

    Raises:
        DataError: no field, or fields of several kinds.
    """
    if not measured:
        raise DataError("No field was measured; at least one is needed, five or more are better.")
    kinds = sorted({one.kind for one in measured})
    if len(kinds) > 1:
        raise DataError(
            f"The fields were measured as {', '.join(kinds)}; fields of one result need one kind."
        )
    fields = _in_one_unit(measured)
    keys = list(dict.fromkeys(one.key for field in fields for one in field.quantities))
    means = {key: _over_fields(fields, key) for key in keys}
    if fields[0].kind == "particles":
        means |= pooled_sizes(fields, means)
    quantities = tuple(means.values())
    headline = next(one for one in quantities if one.key == fields[0].headline.key)
    return PooledMeasurement(
        kind=fields[0].kind,
        fields=fields,
        headline=headline,
        quantities=quantities,
        table=pd.concat([one.table.assign(field=one.name) for one in fields], ignore_index=True),
        counted=fields[0].counted,
        method=method_of(fields, headline),
        distribution=_distribution(fields),
        outliers=find_outliers(fields),
        references=fields[0].references,
        notes=tuple(_notes(fields, headline)),
        warnings=tuple(_without_scale(measured, quantities)),
    )


def _notes(fields: Sequence[FieldMeasurement], headline: Quantity) -> Iterator[str]:
    """Yield how many objects are whole, and how many more fields would be needed."""
    tables = [one.table for one in fields if "touches_edge" in one.table]
    if fields[0].kind == "particles" and tables:
        cut = sum(int(one["touches_edge"].astype(bool).sum()) for one in tables)
        count = sum(len(one) for one in tables)
        yield whole_in_words(count - cut, count, fields[0].counted, len(fields))
    over_fields = next((part for part in headline.parts if part.source == "fields"), None)
    if over_fields is not None and headline.value and headline.unit:
        precision = fields[0].settings.precision
        reached = (over_fields.below + over_fields.above) / 2 / abs(headline.value)
        more = int(np.ceil(len(fields) * (reached / precision) ** 2)) - len(fields)
        ask = f"about {more:,} more fields are needed" if more > 0 else "there are enough fields"
        if more > MOST_FIELDS:
            ask = f"more than {MOST_FIELDS:,} fields are needed: these differ too much for a mean"
        within = f"within ± {100 * precision:g} % by the scatter of fields alone"
        yield f"For a {in_a_sentence(headline.name)} {within}, {ask}."


def _without_scale(
    measured: Sequence[FieldMeasurement], quantities: Sequence[Quantity]
) -> Iterator[str]:
    """Yield a sentence on fields without a pixel size beside others that have one."""
    names = [one.name for one in measured if one.pixel_nm is None]
    if not 0 < len(names) < len(measured):
        return
    # Where no other field has a value, as one without a particle, theirs are all there is.
    in_px = any("px" in one.unit and one.value is not None for one in quantities)
    but = ", except of quantities in px, which no other field has" if in_px else ""
    yield (
        f"{len(names)} of {len(measured)} fields have no pixel size, and their lengths are in no "
        f"mean{but}: {', '.join(names)}."
    )


def _in_one_unit(measured: Sequence[FieldMeasurement]) -> tuple[FieldMeasurement, ...]:
    """Return fields with every value in the unit of the first field that has a pixel size and a
    value."""
    models = [one for one in measured if one.pixel_nm is not None] or list(measured)
    every = [one for field in models[::-1] for one in field.quantities]
    # The last of a key counts. What has no value has a unit all the same, but not that of others.
    every.sort(key=lambda one: one.value is not None)
    units = {one.key: one.unit for one in every}
    shown = next((one.distribution.unit for one in models if one.distribution is not None), "")
    return tuple(_converted(one, units, shown) for one in measured)


def _converted(field: FieldMeasurement, units: dict[str, str], shown: str) -> FieldMeasurement:
    quantities = tuple(
        one.in_unit(units[one.key]) if one.key in units and one.fits(units[one.key]) else one
        for one in field.quantities
    )
    distribution = field.distribution
    if distribution is not None and field.pixel_nm is not None:
        distribution = distribution.in_unit(shown)
    return replace(
        field,
        quantities=quantities,
        headline=next(one for one in quantities if one.key == field.headline.key),
        distribution=distribution,
    )


def _over_fields(fields: Sequence[FieldMeasurement], key: str) -> Quantity:
    """Return the mean of a quantity over the fields that have it."""
    every = [one for field in fields for one in field.quantities if one.key == key]
    known = [one for one in every if one.value is not None]
    if not known:
        return every[0]
    unit = next((one.unit for one in known if "px" not in one.unit), known[0].unit)
    known = [one for one in known if one.unit == unit]
    values = [one.value for one in known if one.value is not None]
    if key in LARGEST:
        chosen = known[values.index(LARGEST[key](values))]
        return replace(chosen, method=f"{chosen.method}; extreme of {len(known)} fields")
    if key == "direction":
        return _mean_direction(known, values)
    to, back = _turns(key)
    found = field_statistics([to(value) for value in values])
    shared = shared_parts(known)
    value, count = back(found.mean), len(known)
    over_fields = "mean over fields" if count > 1 else ""
    method = "; ".join(part for part in (known[0].method, over_fields) if part)
    common = replace(
        known[0],
        value=value,
        n=count,
        counted="fields",
        method=method,
        interval=None,
        reason=why_not_over_fields(known[0]),
        parts=shared,
    )
    reach = found.confidence_interval_95
    if reach is None:
        return common
    if not reach:
        return replace(common, reason=ALL_EQUAL)
    if (to, back) != (float, float) and found.mean <= reach:
        return replace(common, reason=TOO_DIFFERENT)
    ends = sorted(back(found.mean + sign * reach) for sign in (-1, 1))
    over = Part("fields", value - ends[0], ends[1] - value, f"{OVER_FIELDS}, n = {count} fields")
    return with_parts(common, (over, *shared))


def _mean_direction(known: Sequence[Quantity], values: Sequence[float]) -> Quantity:
    """Return the axial mean of the fields' directions: 0 and 180 degrees are one."""
    method = f"{known[0].method}; axial mean of fields"
    return replace(
        known[0],
        value=mean_direction(np.array(values))[0],
        n=len(known),
        counted="fields",
        method=method,
        interval=None,
        reason="A direction has no interval by Student's t; the alignment tells how it scatters.",
    )


def _turns(key: str) -> tuple[Turn, Turn]:
    """Return what a quantity is averaged as, and the way back."""
    if key in BY_INTERCEPT:
        return intercept_of_g, g_from_intercept
    if key in BY_COUNT:
        return count_of_g, g_from_count
    return float, float


def _distribution(fields: Sequence[FieldMeasurement]) -> Distribution | None:
    found = alike(fields)
    if not found:
        return None
    values = np.concatenate([one.values for one in found])
    weights = np.concatenate([one.weights for one in found])
    # Only sizes that were fitted in their own field are.
    fit = fitted(fields[0].settings, values, weights) if any(one.fit for one in found) else None
    return replace(found[0], values=values, weights=weights, fit=fit)
