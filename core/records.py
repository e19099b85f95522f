"""Frozen dataclasses as the rows of a CSV file, and back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

Record = TypeVar("Record")


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file by the names in its first line; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file, whole or not at all."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    unfinished.replace(path)


def read_records(path: Path, kind: type[Record]) -> tuple[Record, ...]:
    """Return the rows of a file of :func:`write_records`; none where there is no file.

    Raises:
        KeyError: a column is missing.
    """
    return tuple(_record(row, kind) for row in read_table(path))


def write_records(path: Path, kind: type[Record], records: Iterable[Record]) -> None:
    """Write one row a record, whole or not at all.

    A column is a field of the dataclass ``kind`` or of a dataclass within it; floats have six
    significant digits, None is empty, bool is "yes" or "no", several words are parted by spaces.
    """
    write_table(path, _columns(kind), (_values(record) for record in records))


def _columns(kind: Any) -> list[str]:
    found: list[str] = []
    for name, hint in get_type_hints(kind).items():
        found += _columns(hint) if is_dataclass(hint) else [name]
    return found


def _values(record: Any) -> list[str]:
    found: list[str] = []
    for one in fields(record):
        value = getattr(record, one.name)
        found += _values(value) if is_dataclass(value) else [_text(value)]
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _record(row: dict[str, str], kind: Any) -> Any:
    return kind(
        *(
            _record(row, hint) if is_dataclass(hint) else _value(row[name], hint)
            for name, hint in get_type_hints(kind).items()
        )
    )


def _value(text: str, hint: Any) -> Any:
    if hint is bool:
        return text == "yes"
    if hint in (str, int, float):
        return hint(text)
    if hint == tuple[str, ...]:
        return tuple(text.split())
    (wanted,) = (one for one in get_args(hint) if one is not type(None))
    return wanted(text) if text else None
