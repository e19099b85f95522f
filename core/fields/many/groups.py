"""Fields grouped by a column of a CSV file, and whether the groups differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy import stats

from core.errors import DataError
from core.fields.many.group_table import Grouping
from core.fields.quantity import Quantity
from core.fields.result import FieldMeasurement
from core.fields.words import in_a_sentence
from core.measurement.field_statistics import FieldStatistics, field_statistics

FEWEST_FIELDS = 3
MOST_GROUPS, MOST_NAMED = 20, 5


@dataclass(frozen=True)
class GroupTest:
    """A rank test of groups: ``name`` "Mann-Whitney U" of two, "Kruskal-Wallis H" of more; its
    ``statistic`` and ``p_value``. ``effect``: Cliff's delta in [-1, 1] of two groups, above 0 where
    the first is larger; epsilon squared in [0, 1] of more; ``effect_name`` says which."""

    name: str
    statistic: float
    p_value: float
    effect: float
    effect_name: str


@dataclass(frozen=True)
class Comparison:
    """Whether groups of fields differ in one quantity.

    ``key``: of the quantity. ``groups``: names; ``values``: of the fields of each, in ``unit``.
    ``statistics``: of each group. ``test``: None of a single group or of groups under 3 fields, and
    ``reason`` says so. ``ungrouped``: fields that the table does not name or that have no value.
    ``shared``: those of them that a row without a folder names together with another.
    """

    key: str
    name: str
    unit: str
    column: str
    groups: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    statistics: tuple[FieldStatistics, ...]
    test: GroupTest | None = None
    reason: str = ""
    ungrouped: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def left_out(self) -> str:
        """Which fields are in no group, in a sentence or two; "" where none is."""
        if not self.ungrouped:
            return ""
        told = f"In no group, or without a value: {_listed(self.ungrouped)}."
        if self.shared:
            told += (
                f" The table names {_listed(self.shared)} by one name; write the folders in front."
            )
        return told

    @property
    def in_words(self) -> str:
        """The result of the test in one sentence."""
        if self.test is None:
            return self.reason
        test = self.test
        chance = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
        verdict = "differ" if test.p_value < 0.05 else "do not differ significantly"
        return (
            f"The groups {verdict} in {in_a_sentence(self.name)} ({test.name}, {chance}, "
            f"{test.effect_name} {test.effect:.2f})."
        )


def compare_groups(
    fields: Sequence[FieldMeasurement], grouping: Grouping, key: str | None = None
) -> Comparison:
    """Compare a quantity between groups of fields; a field is one value.

    Two groups by Mann-Whitney's U with Cliff's delta, more by Kruskal-Wallis with epsilon squared,
    H (n + 1) / (n^2 - 1). ``key``: of the quantity; None = the headline.

    Source: Mann and Whitney 1947, doi:10.1214/aoms/1177730491; Kruskal and Wallis 1952,
    doi:10.1080/01621459.1952.10483441; Tomczak and Tomczak 2014 for the effect sizes.

    Raises:
        DataError: no field, or none that the table names.
    """
    if not fields:
        raise DataError("No field was measured, so there is nothing to compare.")
    key = key or fields[0].headline.key
    model = fields[0].quantity(key)
    by_group, ungrouped = _by_group(fields, grouping, model)
    if not by_group:
        raise DataError(_why_none(fields, grouping, model))
    if len(by_group) > MOST_GROUPS:
        raise DataError(
            f"The column {grouping.column} has {len(by_group)} groups; up to {MOST_GROUPS} are "
            "compared, so choose another column."
        )
    groups = tuple(sorted(by_group))
    values = tuple(tuple(by_group[group]) for group in groups)
    reason = _why_no_test(groups, values)
    return Comparison(
        key,
        model.name,
        model.unit,
        grouping.column,
        groups,
        values,
        tuple(field_statistics(one) for one in values),
        None if reason else _test(values),
        reason,
        ungrouped,
        grouping.shared([one.name for one in fields]),
    )


def comparisons(
    fields: Sequence[FieldMeasurement], groupings: Sequence[Grouping]
) -> Iterator[Comparison | str]:
    """Yield the comparison by each grouping, or in a sentence why there is none."""
    for one in groupings:
        try:
            yield compare_groups(fields, one)
        except DataError as error:
            yield str(error)


def _why_none(fields: Sequence[FieldMeasurement], grouping: Grouping, model: Quantity) -> str:
    names = [one.name for one in fields]
    if shared := grouping.shared(names):
        return (
            f"The column {grouping.column} names {_listed(shared)} by one name; write the folders "
            "in front in the table."
        )
    if any(grouping.assigned(names)):
        return f"No field of a group has a value of {model.name}, so there is nothing to compare."
    return (
        f"The column {grouping.column} names none of the {len(fields)} fields; the table's "
        f"first column needs their file names, such as {fields[0].name}."
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _by_group(
    fields: Sequence[FieldMeasurement], grouping: Grouping, model: Quantity
) -> tuple[dict[str, list[float]], tuple[str, ...]]:
    """Return the values of each group in the unit of ``model``, and the names of other fields."""
    found: dict[str, list[float]] = {}
    others = []
    groups = grouping.assigned([field.name for field in fields])
    for field, group in zip(fields, groups, strict=True):
        one = next((one for one in field.quantities if one.key == model.key), None)
        if group is None or one is None or one.value is None or not one.fits(model.unit):
            others.append(field.name)
            continue
        value = one.in_unit(model.unit).value
        assert value is not None
        found.setdefault(group, []).append(value)
    return found, tuple(others)


def _why_no_test(groups: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    """Return why no test can be made; "" where one can."""
    if len(groups) < 2:
        return f"All fields are of one group, {groups[0]}; two are needed for a comparison."
    few = [name for name, one in zip(groups, values, strict=True) if len(one) < FEWEST_FIELDS]
    if few:
        verb = "has" if len(few) == 1 else "have"
        return (
            f"{_listed(few)} {verb} fewer than {FEWEST_FIELDS} fields, too few for a test; measure "
            "more fields."
        )
    if len({value for one in values for value in one}) == 1:
        return "All fields have the same value, so there is nothing to test."
    return ""


def _test(values: Sequence[Sequence[float]]) -> GroupTest:
    if len(values) == 2:
        one, other = values
        found = stats.mannwhitneyu(one, other)
        delta = 2 * float(found.statistic) / (len(one) * len(other)) - 1
        return GroupTest(
            "Mann-Whitney U", float(found.statistic), float(found.pvalue), delta, "Cliff's delta"
        )
    found = stats.kruskal(*values)
    count = sum(map(len, values))
    effect = float(found.statistic) * (count + 1) / (count**2 - 1)
    return GroupTest(
        "Kruskal-Wallis H",
        float(found.statistic),
        float(found.pvalue),
        effect,
        "epsilon squared",
    )
