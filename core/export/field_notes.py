"""What the reader of many fields must know of single ones, told once for all fields alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

NO_PIXEL_SIZE = "Without a pixel size, so measured in px."
BAR = "An info bar of {} rows{} was left out."


def notes_of_field(warnings: Sequence[str], run: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ``warnings`` of a field, then what was decided while its image was read.

    ``run``: its run.json as a dict; empty where it is not known.
    """
    read = run.get("input", {})
    return (*warnings, *_of_reading(read), *read.get("notes", ()))


def _of_reading(read: Mapping[str, Any]) -> Iterator[str]:
    if read and read["pixel_size_nm"] is None:
        yield NO_PIXEL_SIZE
    for name, where in (("info_bar_rows", ""), ("top_bar_rows", " at the top")):
        if rows := read.get(name):
            yield BAR.format(rows, where)


def fields_by_note(noted: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    """Return the names of the fields that have each note, of pairs of a field's name and its
    notes."""
    found: dict[str, list[str]] = {}
    for name, notes in noted:
        for note in dict.fromkeys(notes):
            found.setdefault(note, []).append(name)
    return found
