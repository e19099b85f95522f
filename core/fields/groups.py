"""Fields grouped by a column of a CSV file, and whether the groups differ."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from scipy import stats

from core.errors import DataError
from core.fields.quantity import Quantity
from core.fields.result import FieldMeasurement
from core.measurement.field_statistics import FieldStatistics, field_statistics

FEWEST_FIELDS = 3
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Grouping:
    """``column``: its name. ``group_of``: by the name of an image's file."""

    column: str
    group_of: Mapping[str, str]

    def group(self, name: str) -> str | None:
        """Return the group of a file, with or without folder and extension; None without."""
        return self.group_of.get(_stem(name))


def read_groupings(data: bytes, name: str) -> tuple[Grouping, ...]:
    """Return every column of a CSV file that images can be grouped by.

    The first column holds file names, with or without folder and extension. Separators are commas,
    semicolons or tabs.

    Raises:
        DataError: no such table, a name twice, or a file over 5 MB.
    """
    if len(data) > MOST_BYTES:
        raise DataError(f"{name} has {len(data):,} bytes; a table of groups has 5 MB at most.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text in UTF-8; save it as CSV UTF-8.") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DataError(
            f"{name} needs a line of column names, the first column with file names and one or "
            "more with groups, and a line for each image."
        )
    header, body = rows[0], rows[1:]
    files = [_stem(row[0]) for row in body]
    twice = sorted({one for one in files if files.count(one) > 1})
    if twice:
        raise DataError(f"{name} names {', '.join(twice[:5])} more than once; once each is needed.")
    return tuple(
        Grouping(
            column.strip(),
            {
                file: row[index].strip()
                for file, row in zip(files, body, strict=True)
                if index < len(row) and row[index].strip()
            },
        )
        for index, column in enumerate(header)
        if index
    )


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

    @property
    def in_words(self) -> str:
        """The result of the test in one sentence."""
        if self.test is None:
            return self.reason
        test = self.test
        chance = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
        verdict = "differ" if test.p_value < 0.05 else "do not differ significantly"
        return (
            f"The groups {verdict} in {self.name} ({test.name}, {chance}, {test.effect_name} "
            f"{test.effect:.2f})."
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
        raise DataError(
            f"The column {grouping.column} names none of the {len(fields)} fields; the table's "
            f"first column needs their file names, such as {fields[0].name}."
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
    )


def _by_group(
    fields: Sequence[FieldMeasurement], grouping: Grouping, model: Quantity
) -> tuple[dict[str, list[float]], tuple[str, ...]]:
    """Return the values of each group in the unit of ``model``, and the names of other fields."""
    found: dict[str, list[float]] = {}
    others = []
    for field in fields:
        group = grouping.group(field.name)
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
        return (
            f"{', '.join(few)} has fewer than {FEWEST_FIELDS} fields, too few for a test; measure "
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


def _stem(name: str) -> str:
    """Return the name of a file without folder and extension, for comparing."""
    return PurePath(name.strip().replace("\\", "/")).stem.lower()
