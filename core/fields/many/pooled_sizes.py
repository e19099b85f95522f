"""Sizes of the particles of several fields as one population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.fields.measurands.particle_quantities import SIZES
from core.fields.quantity import Quantity, with_parts
from core.fields.result import Distribution, FieldMeasurement
from core.fields.words import counted_in_words, listed, sources_beside_the_sample
from core.measurement.particle_size import intervals_over_fields, size_distribution
from core.measurement.uncertainty import Part

TOO_DIFFERENT = "The fields differ too much for a confidence interval; measure more fields."
POOLED, ALONE = "all fields together", "one field"


def pooled_sizes(
    fields: Sequence[FieldMeasurement], means: Mapping[str, Quantity]
) -> dict[str, Quantity]:
    """Return the sizes by key, of all particles together in place of means over fields.

    A field of three particles has a median that tells little; pooled, each particle counts alike.
    ``means``: over fields, whose names and systematic parts are kept.
    """
    shown = alike(fields)
    if not shown:
        return {}
    sizes = np.concatenate([one.values for one in shown])
    weights = np.concatenate([one.weights for one in shown])
    of_field = np.repeat(np.arange(len(shown)), [len(one.values) for one in shown])
    found = size_distribution(sizes, weights, seed=None)
    intervals = intervals_over_fields(sizes, weights, of_field)
    keys = {name: key for name, (key, *_) in SIZES.items()} | {"span": "span"}
    return {
        key: _pooled(
            means[key], float(getattr(found, name)), intervals.get(name), len(sizes), shown
        )
        if len(shown) > 1
        else _alone(means[key], fields)
        for name, key in keys.items()
    }


def why_not_over_fields(own: Quantity) -> str:
    """Return why the value of one field, ``own``, has no interval over fields."""
    if own.interval is None:
        return own.reason
    beside = (f"the {one}" for one in sources_beside_the_sample(own))
    held = listed((counted_in_words(own.n, own.counted), *beside))
    # Three lines of a table, whose rows are no higher.
    return (
        "One field does not tell how fields differ; measure several. Its own interval is of "
        f"{held}."
    )


def _alone(mean: Quantity, fields: Sequence[FieldMeasurement]) -> Quantity:
    """Return a size of the only field that has a distribution in the unit of ``mean``."""
    (shown,) = alike(fields)
    own = next(one for one in fields if one.distribution is shown).quantity(mean.key)
    return replace(
        own,
        method=f"{own.method}; {ALONE}",
        interval=None,
        reason=why_not_over_fields(own),
        parts=_systematic(mean),
    )


def _pooled(
    mean: Quantity,
    value: float,
    low_high: tuple[float, float] | None,
    count: int,
    shown: Sequence[Distribution],
) -> Quantity:
    mean = mean.in_unit(shown[0].unit) if mean.unit else mean
    systematic = _systematic(mean)
    method = f"{mean.method.removesuffix('; mean over fields')}; {POOLED}"
    common = replace(
        mean,
        value=value,
        n=count,
        counted="particles",
        method=method,
        interval=None,
        reason=TOO_DIFFERENT,
    )
    if low_high is None:
        return replace(common, parts=systematic)
    note = f"{len(shown)} fields of {count:,} particles"
    parts = (Part("fields", value - low_high[0], low_high[1] - value, note), *systematic)
    return with_parts(common, parts)


def _systematic(mean: Quantity) -> tuple[Part, ...]:
    return tuple(part for part in mean.parts if part.source not in ("fields", "counting"))


def alike(fields: Sequence[FieldMeasurement]) -> list[Distribution]:
    """Return the distributions of fields that share a unit, nm or µm before px."""
    shown = [one.distribution for one in fields if one.distribution is not None]
    units = [one.unit for one in shown if one.unit != "px"] or [one.unit for one in shown]
    return [one for one in shown if one.unit == units[0]]


def shared_parts(known: Sequence[Quantity]) -> tuple[Part, ...]:
    """Return what all fields have in common of each systematic part: its mean over fields."""
    sources = dict.fromkeys(
        part.source for one in known for part in one.parts if part.source != "counting"
    )
    parts = []
    for source in sources:
        alike = [part for one in known for part in one.parts if part.source == source]
        below, above = (
            float(np.mean([getattr(part, end) * part.shared for part in alike]))
            for end in ("below", "above")
        )
        parts.append(Part(source, below, above, f"common to all fields; {alike[0].note}"))
    return tuple(parts)
