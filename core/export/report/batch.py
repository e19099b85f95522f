"""The report of many fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from core.export.batch import Batch, engines
from core.export.report.content import Picture, Report, Section, Table
from core.export.report.field import (
    WHOLE_PAGE,
    batch_provenance,
    day,
    distribution_picture,
    doubts,
    headline,
    method,
    quantity_table,
    references,
    uncertainty,
)
from core.fields.many.groups import Comparison
from core.fields.words import NONE, counted_in_words, value_in_words
from core.figures.paper.charts import fields_figure, groups_figure
from core.figures.paper.style import png_bytes, svg_bytes

IMAGES = "The SHA-256, the pixel size and its source of every image are in fields.csv."
MOST_OVERLAYS = 12
MOST_LISTED = 5


def batch_report(batch: Batch, when: datetime) -> Report:
    """Return the report of many fields; the same but for ``when``."""
    pooled, count = batch.pooled, len(batch.fields)
    return Report(
        title=f"{counted_in_words(count, 'fields')}, {pooled.kind}",
        subtitle=f"Measured with Lamella on {day(when.strftime('%Y-%m-%dT%H:%M'))}",
        headline=headline(pooled.headline),
        sections=(
            *doubts(_doubts(batch)),
            Section("Fields", pictures=(_fields_picture(batch),), tables=(_fields(batch),)),
            *(_groups(one) for one in batch.comparisons),
            Section(
                "Results",
                pictures=tuple(distribution_picture(pooled.distribution)),
                tables=(quantity_table(pooled.quantities), *uncertainty(pooled.headline)),
            ),
            method(pooled.method, pooled.notes),
            *references(pooled.references),
            *_micrographs(batch),
            *_failed(batch),
            Section("Provenance", (IMAGES,), tables=(batch_provenance(batch.fields[0].run),)),
        ),
    )


def _doubts(batch: Batch) -> Iterator[str]:
    failed, count = len(batch.failures), len(batch.fields)
    if failed:
        yield f"{failed} of {failed + count} files gave no result; they are listed at the end."
    if len(ways := engines(batch)) > 1:
        yield f"Computed in {len(ways)} ways, whose labels may differ: {'; '.join(ways)}."
    yield from batch.pooled.warnings
    if odd := batch.pooled.outliers:
        listed = "; ".join(f"{one.name}, where {one.reason}" for one in odd[:MOST_LISTED])
        more = f", and {len(odd) - MOST_LISTED} more" if len(odd) > MOST_LISTED else ""
        yield f"Fields that differ from the others and count nevertheless: {listed}{more}."
    # Sentences that differ in their numbers alone are one.
    alike: dict[str, list[tuple[str, str]]] = {}
    for one in batch.fields:
        for text in dict.fromkeys((*one.measured.warnings, *one.run["result"]["warnings"])):
            alike.setdefault(re.sub(r"[\d.,]+", "#", text), []).append((one.measured.name, text))
    for said in sorted(alike.values(), key=len, reverse=True):
        name, text = said[0]
        yield text if count == 1 else f"{len(said)} of {count} fields, such as {name}: {text}"


def _fields_picture(batch: Batch) -> Picture:
    figure = fields_figure(batch.pooled, WHOLE_PAGE)
    first = batch.pooled.headline
    line = "line: that of all fields together"
    if first.interval is not None:
        line = "line and band: that of all fields together and its 95 % interval"
    caption = f"{first.name} of each field; {line}."
    return Picture(png_bytes(figure, WHOLE_PAGE.dpi), caption, 0.7, svg_bytes(figure))


def _fields(batch: Batch) -> Table:
    pooled = batch.pooled
    odd = {one.index for one in pooled.outliers}
    groups = tuple(one.column for one in batch.groupings)
    assigned = _assigned(batch)
    rows = []
    for index, measured in enumerate(pooled.fields):
        value = measured.quantity(pooled.headline.key)
        nm = batch.fields[index].run["input"]["pixel_size_nm"]
        rows.append(
            (
                str(index + 1),
                measured.name,
                *(names[index] or NONE for names in assigned),
                value_in_words(value),
                f"{len(measured.table):,}",
                f"{nm:.5g} nm" if nm else "px",
                "differs" if index in odd else "",
            )
        )
    title = pooled.headline.symbol or pooled.headline.name
    columns = ("", "Field", *groups, title, pooled.counted.capitalize(), "Pixel", "")
    first = 2 + len(groups)
    return Table("Every field", columns, tuple(rows), frozenset({0, first, first + 1, first + 2}))


def _assigned(batch: Batch) -> list[tuple[str | None, ...]]:
    """Return the group of each field by each grouping."""
    names = [one.name for one in batch.pooled.fields]
    return [one.assigned(names) for one in batch.groupings]


def _groups(comparison: Comparison) -> Section:
    figure = groups_figure(comparison, WHOLE_PAGE)
    caption = "Points: fields. Box: quartiles and median; whiskers: extremes."
    picture = Picture(png_bytes(figure, WHOLE_PAGE.dpi), caption, 0.7, svg_bytes(figure))
    rows = tuple(
        (
            group,
            str(one.fields),
            f"{one.mean:.4g} {comparison.unit}".rstrip(),
            NONE if one.standard_deviation is None else f"{one.standard_deviation:.3g}",
            NONE if one.confidence_interval_95 is None else f"± {one.confidence_interval_95:.3g}",
        )
        for group, one in zip(comparison.groups, comparison.statistics, strict=True)
    )
    table = Table(
        f"{comparison.name} by {comparison.column}",
        (comparison.column, "Fields", "Mean", "Standard deviation", "95 % of the mean"),
        rows,
        frozenset({1, 2, 3, 4}),
        comparison.left_out,
    )
    title = f"Groups by {comparison.column}"
    return Section(title, (comparison.in_words,), pictures=(picture,), tables=(table,))


def _micrographs(batch: Batch) -> Iterator[Section]:
    shown = [one for one in batch.fields if one.overlay][:MOST_OVERLAYS]
    if not shown:
        return
    left_out = len(batch.fields) - len(shown)
    text = (f"The first {len(shown)} of {len(batch.fields)} fields.",) if left_out else ()
    pictures = tuple(Picture(one.overlay, one.measured.name, 1 / 3) for one in shown)
    yield Section("Micrographs", text, pictures=pictures)


def _failed(batch: Batch) -> Iterator[Section]:
    if batch.failures:
        lines = tuple(f"{one.file}: {one.reason}" for one in batch.failures)
        yield Section("Files without a result", listed=lines)
