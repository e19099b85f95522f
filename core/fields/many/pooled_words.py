"""What is said of several fields: how values were made one, and what their intervals hold."""

from __future__ import annotations

from collections.abc import Sequence

from core.fields.many.pooled_sizes import alike
from core.fields.quantity import Quantity
from core.fields.result import FieldMeasurement
from core.fields.words import beside_the_sample, in_a_sentence, listed

T_INTERVALS = "with 95 % intervals by Student's t over fields"
MEANS_OF_SOME = "means over the fields that have them,"


def method_of(fields: Sequence[FieldMeasurement], headline: Quantity) -> str:
    """Return how the values of ``fields`` were made one; ``headline``: of all together."""
    told = _of_sizes(fields, headline) or _of_means(len(fields), headline)
    if len(fields) == 1:
        told = "All values are those of one field, without an interval over fields."
    begins = fields[0].method.split(". ")[0]
    return f"{begins}. {told}{_what_fields_share(headline)}"


def _of_sizes(fields: Sequence[FieldMeasurement], headline: Quantity) -> str:
    """Return how sizes of particles were made one; "" where there are none."""
    shown = alike(fields) if fields[0].kind == "particles" else []
    if not shown:
        return ""
    count = len(fields)
    of = "all" if len(shown) == count else f"{len(shown)} of {count}"
    how = f"of {of} fields together, with 95 % intervals by jackknife over fields"
    if len(shown) == 1:
        how = f"of one of {count} fields, without an interval over fields"
    elif headline.interval is None:
        how = f"of {of} fields together, without an interval, as the fields differ too much"
    others = f"means over {count} fields" if of == "all" else MEANS_OF_SOME
    return f"Sizes are those of the particles {how}; other values are {others} {T_INTERVALS}."


def _of_means(count: int, headline: Quantity) -> str:
    if headline.n == 1 and headline.counted == "fields":
        return (
            f"{headline.symbol or headline.name} is that of one of {count} fields, without an "
            f"interval over fields; other values are {MEANS_OF_SOME} {T_INTERVALS}."
        )
    return f"Means over {count} fields {T_INTERVALS}."


def _what_fields_share(headline: Quantity) -> str:
    shared = beside_the_sample(headline)
    if not shared:
        return ""
    name = headline.symbol or f"the {in_a_sentence(headline.name)}"
    return f" The interval of {name} also holds what all fields share of {listed(shared)}."
