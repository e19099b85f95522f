"""A measured field as JSON, to be pooled later or elsewhere; every number comes back exactly."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

import pandas as pd

from core import typed
from core.fields.quantity import Quantity
from core.fields.result import Distribution, FieldMeasurement
from core.fields.settings import Kind, MeasureSettings
from core.measurement.size_fit import SizeFit

Cell = bool | int | float | str | None


@dataclass(frozen=True)
class _Column:
    """``kind``: numpy's letter: b, i, u, f, or O of text. None stands for nan."""

    name: str
    kind: str
    values: tuple[Cell, ...]


@dataclass(frozen=True)
class _Distribution:
    key: str
    name: str
    unit: str
    values: tuple[float, ...]
    weights: tuple[float, ...]
    counted: str
    fit: SizeFit | None


@dataclass(frozen=True)
class _Record:
    name: str
    kind: Kind
    headline: str
    quantities: tuple[Quantity, ...]
    table: tuple[_Column, ...]
    counted: str
    method: str
    scale: str
    settings: MeasureSettings
    pixel_nm: float | None
    distribution: _Distribution | None
    further: tuple[_Distribution, ...]
    references: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    is_empty: bool


def to_json(measured: FieldMeasurement) -> str:
    """Return all of ``measured`` but its drawing."""
    shown = measured.distribution
    record = _Record(
        name=measured.name,
        kind=measured.kind,
        headline=measured.headline.key,
        quantities=measured.quantities,
        table=tuple(_column(str(name), measured.table[name]) for name in measured.table),
        counted=measured.counted,
        method=measured.method,
        scale=measured.scale,
        settings=measured.settings,
        pixel_nm=measured.pixel_nm,
        distribution=None if shown is None else _plain(shown),
        further=tuple(map(_plain, measured.further)),
        references=measured.references,
        notes=measured.notes,
        warnings=measured.warnings,
        is_empty=measured.is_empty,
    )
    return json.dumps(asdict(record), ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> FieldMeasurement:
    """Return the measurement in ``text``; nothing is drawn in it.

    Raises:
        ValueError: it is none.
    """
    record: _Record = typed.read(_Record, json.loads(text))
    shown = record.distribution
    headline = next((one for one in record.quantities if one.key == record.headline), None)
    if headline is None:
        raise ValueError(f"{record.headline!r:.60} is none of the quantities")
    return FieldMeasurement(
        name=record.name,
        kind=record.kind,
        headline=headline,
        quantities=record.quantities,
        table=pd.DataFrame({column.name: _series(column) for column in record.table}),
        counted=record.counted,
        method=record.method,
        scale=record.scale,
        settings=record.settings,
        pixel_nm=record.pixel_nm,
        distribution=None if shown is None else Distribution(**vars(shown)),
        further=tuple(Distribution(**vars(one)) for one in record.further),
        references=record.references,
        notes=record.notes,
        warnings=record.warnings,
        is_empty=record.is_empty,
    )


def _plain(shown: Distribution) -> _Distribution:
    return _Distribution(
        shown.key,
        shown.name,
        shown.unit,
        tuple(shown.values.tolist()),
        tuple(shown.weights.tolist()),
        shown.counted,
        shown.fit,
    )


def _column(name: str, values: pd.Series) -> _Column:
    kind = values.dtype.kind if values.dtype.kind in "biuf" else "O"
    if kind == "f":
        cells = tuple(one if math.isfinite(one) else None for one in values.tolist())
        return _Column(name, kind, cells)
    return _Column(name, kind, tuple(values.tolist()))


def _series(column: _Column) -> pd.Series:
    dtypes = {"b": "bool", "i": "int64", "u": "uint64", "f": "float64"}
    if column.kind == "O":
        return pd.Series(list(column.values), dtype="str")
    return pd.Series(list(column.values), dtype=dtypes[column.kind])
