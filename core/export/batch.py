"""Many measured fields and what is told of them: a row a field, a row an object, a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from core.export.provenance import software
from core.fields.many.groups import Comparison, Grouping
from core.fields.many.pooled import PooledMeasurement
from core.fields.quantity import Quantity
from core.fields.result import FieldMeasurement

SCHEMA = 1
OWN_COLUMNS = ("field", "image_sha256", "pixel_size_nm", "pixel_size_source", "outlier", "warnings")


@dataclass(frozen=True, eq=False)
class MeasuredField:
    """``run``: of :func:`core.export.provenance.provenance`. ``overlay``: PNG, for the report;
    b"" without."""

    measured: FieldMeasurement
    run: Mapping[str, Any]
    overlay: bytes = b""


@dataclass(frozen=True)
class Failure:
    """A file that gave no field: ``file``, and why in a sentence."""

    file: str
    reason: str


@dataclass(frozen=True, eq=False)
class Batch:
    """``fields``: in the order of ``pooled.fields``. ``comparisons``: one a grouping."""

    pooled: PooledMeasurement
    fields: tuple[MeasuredField, ...]
    failures: tuple[Failure, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    comparisons: tuple[Comparison, ...] = ()


def fields_table(batch: Batch) -> pd.DataFrame:
    """Return one row a field: every quantity with its 95 % interval, units in the column names, the
    pixel size and its source, groups, and why to doubt it."""
    standing_out = {one.index: one.reason for one in batch.pooled.outliers}
    columns = dict.fromkeys(
        name
        for measured in batch.pooled.fields
        for one in measured.quantities
        for name in _columns(one)
    )
    names = [one.name for one in batch.pooled.fields]
    groups = {_free(one.column, columns): one.assigned(names) for one in batch.groupings}
    rows = []
    for index, (measured, field) in enumerate(zip(batch.pooled.fields, batch.fields, strict=True)):
        image = field.run["input"]
        found = {key: value for one in measured.quantities for key, value in _columns(one).items()}
        rows.append(
            {
                "field": measured.name,
                "image_sha256": image["sha256"],
                "pixel_size_nm": image["pixel_size_nm"],
                "pixel_size_source": image["pixel_size_source"],
                **{column: assigned[index] or "" for column, assigned in groups.items()},
                **{name: found.get(name) for name in columns},
                "outlier": standing_out.get(index, ""),
                "warnings": " ".join((*measured.warnings, *field.run["result"]["warnings"])),
            }
        )
    return pd.DataFrame(rows)


def _free(column: str, quantities: Mapping[str, None]) -> str:
    """Return the name of a column of groups beside the table's own."""
    return f"{column} (group)" if column in OWN_COLUMNS or column in quantities else column


def objects_table(batch: Batch) -> pd.DataFrame:
    """Return one row an object of every field; the first column is its field's name."""
    table = batch.pooled.table
    return table[["field", *(name for name in table if name != "field")]]


def summary(batch: Batch, when: datetime) -> dict[str, Any]:
    """Return the pooled result and what made it as plain values."""
    pooled = batch.pooled
    first = batch.fields[0].run
    return {
        "schema": SCHEMA,
        "created_utc": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kind": pooled.kind,
        "fields": len(pooled.fields),
        "objects": len(pooled.table),
        "counted": pooled.counted,
        "headline": _plain(pooled.headline),
        "quantities": [_plain(one) for one in pooled.quantities],
        "outliers": [asdict(one) for one in pooled.outliers],
        "groups": [asdict(one) | {"in_words": one.in_words} for one in batch.comparisons],
        "failed": [asdict(one) for one in batch.failures],
        "method": pooled.method,
        "references": list(pooled.references),
        "notes": [*pooled.notes, *pooled.warnings],
        "model": first["model"],
        "settings": first["settings"] | {"measurement": asdict(pooled.fields[0].settings)},
        "engines": engines(batch),
        "software": software(),
    }


def engines(batch: Batch) -> list[str]:
    """Return where and how precisely the fields were computed, each way once."""
    ran = (one.run["engine"] for one in batch.fields)
    words = (
        ", ".join(filter(None, (one["device"], one["backend"], one["precision"]))) for one in ran
    )
    return list(dict.fromkeys(words))


def _columns(quantity: Quantity) -> dict[str, float | None]:
    low, high = quantity.interval or (None, None)
    named = {quantity.column: quantity.value}
    return named | {f"{quantity.column}_low": low, f"{quantity.column}_high": high}


def _plain(quantity: Quantity) -> dict[str, Any]:
    low, high = quantity.interval or (None, None)
    told = asdict(quantity)
    del told["interval"]
    return told | {"low_95": low, "high_95": high}
