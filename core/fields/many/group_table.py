"""A table that a user has of which image belongs to which group: specimen, heat treatment."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.errors import DataError
from core.formats.reading.names import shown

MOST_BYTES = 5_000_000
MOST_NAMED = 5
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# "1.5kV" is part of a name, ".tif" is not.
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}$")


@dataclass(frozen=True)
class Grouping:
    """``column``: its name. ``group_of``: the group by the name of an image's file, in lower case,
    without extension, folders in front divided by "/" where the table has them."""

    column: str
    group_of: Mapping[str, str]

    def assigned(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """Return the group of each file, with or without folder and extension; None without one.

        A row that has no folder names no file where several of ``names`` are called so.
        """
        rows = [self._row(name) for name in names]
        used = Counter(filter(None, rows))
        return tuple(self.group_of[row] if row and used[row] == 1 else None for row in rows)

    def shared(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of ``names`` that a row names together with another of them."""
        rows = [self._row(name) for name in names]
        used = Counter(filter(None, rows))
        return tuple(name for name, row in zip(names, rows, strict=True) if row and used[row] > 1)

    def _row(self, name: str) -> str | None:
        """Return the row of a file: the one that shares most folders with its name."""
        wanted = _path(name).split("/")
        depths = {row: _alike(row.split("/"), wanted) for row in self._by_stem.get(wanted[-1], ())}
        deepest = max(depths.values(), default=0)
        best = [row for row, depth in depths.items() if depth == deepest and depth]
        return best[0] if len(best) == 1 else None

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.group_of:
            found.setdefault(row.rpartition("/")[2], []).append(row)
        return found


def _alike(row: Sequence[str], name: Sequence[str]) -> int:
    """Return how many parts two paths share at their ends; 0 unless one is the end of the other."""
    depth = min(len(row), len(name))
    return depth if row[-depth:] == name[-depth:] else 0


def read_groupings(data: bytes, name: str) -> tuple[Grouping, ...]:
    """Return every column of a CSV file that images can be grouped by.

    The first column holds file names, with or without folder and extension. Separators are commas,
    semicolons or tabs; text is UTF-8, UTF-16 with a byte-order mark, or Windows-1252.

    Raises:
        DataError: no such table, a name twice, or a file over 5 MB.
    """
    header, body = _rows(data, name)
    columns = [shown(one) or f"Column {number}" for number, one in enumerate(header, 1)]
    if twice := _repeated(columns[1:]):
        raise DataError(f"{name} has two columns called {twice}; give each a name of its own.")
    files = [_path(row[0]) for row in body]
    if twice := _repeated([one for one in files if one]):
        raise DataError(f"{name} names {twice} more than once; once each is needed.")
    groups = [[shown(cell) for cell in row] for row in body]
    found = (
        Grouping(
            column,
            {
                file: row[index]
                for file, row in zip(files, groups, strict=True)
                if file and index < len(row) and row[index]
            },
        )
        for index, column in enumerate(columns)
        if index
    )
    filled = tuple(one for one in found if one.group_of)
    if not filled:
        raise DataError(f"{name} has no group in any line; write one behind each file's name.")
    return filled


def _rows(data: bytes, name: str) -> tuple[list[str], list[list[str]]]:
    """Return the line of column names and the lines below it."""
    if len(data) > MOST_BYTES:
        raise DataError(f"{name} has {len(data):,} bytes; a table of groups has 5 MB at most.")
    text = _text(data, name)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise DataError(f"{name} is no table as CSV ({error}); save it again as CSV.") from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DataError(
            f"{name} needs a line of column names, the first column with file names and one or "
            "more with groups, and a line for each image."
        )
    return rows[0], rows[1:]


def _text(data: bytes, name: str) -> str:
    encodings = ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DataError(f"{name} is no text; save the table as CSV UTF-8.")


def _repeated(names: Sequence[str]) -> str:
    """Return the first few that stand there more than once, in words; "" without any."""
    twice = [one for one, count in Counter(names).items() if count > 1]
    return ", ".join(twice[:MOST_NAMED]) + (", and others" if len(twice) > MOST_NAMED else "")


def _path(name: str) -> str:
    """Return the path of a file without extension, in lower case, for comparing."""
    path = shown(name, len(name)).replace("\\", "/").lower().removeprefix("./").strip("/")
    return _EXTENSION.sub("", path)
