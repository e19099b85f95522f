"""What a report says, whichever file it becomes."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """``columns``: headers. ``rows``: cells as they are read. ``numeric``: which columns are set
    flush right. ``caption``: what the table is of. ``symbolic``: "N_A" in it is N with an index."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    symbolic: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """``png``: for the PDF. ``svg``: for HTML where it is a drawing; b"" = the PNG there too.
    ``share``: of the width of the page, 0 to 1; those that fit stand side by side."""

    png: bytes
    caption: str
    share: float = 1.0
    svg: bytes = b""


@dataclass(frozen=True, eq=False)
class Section:
    """``paragraphs``, ``warnings``: plain text. ``listed``: likewise, one line each."""

    title: str
    paragraphs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Headline:
    """The one number that comes first: "D50 = 512 nm", its interval, and what it is of."""

    value: str
    interval: str
    explanation: str


@dataclass(frozen=True, eq=False)
class Report:
    """``title``: of what. ``subtitle``: when, with what."""

    title: str
    subtitle: str
    headline: Headline
    sections: tuple[Section, ...]


_SYMBOL = re.compile(r"(?<!\w)(\w\u0304?)_(\w+)")


def with_subscripts(escaped: str) -> str:
    """Return text that is escaped for HTML with its one-letter symbols' indices set below."""
    return _SYMBOL.sub(r"\1<sub>\2</sub>", escaped)
