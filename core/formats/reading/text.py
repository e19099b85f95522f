"""Text that instruments write, in the encodings and layouts that they use."""

from __future__ import annotations

import re
import unicodedata

_LENGTH = re.compile(r"([-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*([a-zA-Zµåä\u00c5]+)")

_MICRO = (
    "\u00c2\u00b5",  # UTF-8 read as Latin-1
    "\u00ce\u00bc",
    "\u00a6\u00cc",  # Greek mu of GBK read as Latin-1
    "\u03bc",
    "\uff75",  # the micro sign of Latin-1 read as Japanese
)
"""Spellings of the micro sign other than U+00B5."""

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def decode_text(data: bytes) -> str:
    """Return ``data`` as text: UTF-16 by its mark or its zeros, else UTF-8, cp932 or Latin-1."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    head = data[:200]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if len(head) > 8 and zeros > len(head) // 4 and others == 0:
            return data.decode(encoding, "replace")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def key_values(text: str, separator: str = "=") -> dict[str, str]:
    """Return the ``key = value`` lines of ``text``; of a key given twice, the first value counts.

    ``separator`` " " splits at the first run of white space.
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.strip().split(None if separator == " " else separator, 1)
        if len(parts) == 2 and parts[0].strip():
            values.setdefault(parts[0].strip(), parts[1].strip())
    return values


def ini_sections(text: str) -> dict[str, dict[str, str]]:
    """Return the ``key=value`` lines of ``text`` by the [section] that they stand in."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^\s*\[", text, flags=re.MULTILINE)[1:]:
        name, _, lines = part.partition("]")
        found.setdefault(name.strip(), {}).update(key_values(lines))
    return found


def text_of(value: object) -> str:
    """Return a TIFF tag as text, "" when it is not text."""
    if isinstance(value, bytes):
        value = decode_text(value)
    return value.rstrip("\0") if isinstance(value, str) else ""


def unescaped(text: str) -> str:
    """Return ``text`` with each character that ImageJ escapes, every one outside ASCII.

    Source: Java's Properties.store, by which ImageJ writes.
    """
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def plain_unit(text: str) -> str:
    """Return ``text`` with the one micro sign U+00B5, and the one U+00C5 for the ångström, for
    whatever an encoding or a compatibility character made of them."""
    text = unescaped(text)
    for spelling in _MICRO:
        text = text.replace(spelling, "\u00b5")
    return unicodedata.normalize("NFKC", text).replace("\u03bc", "\u00b5")


def lengths(text: str) -> list[tuple[float, str]]:
    """Return the (value, unit) pairs in ``text``, such as "128µm 96 µm"."""
    found = []
    for value, unit in _LENGTH.findall(plain_unit(text)):
        try:
            found.append((float(value.replace(",", ".")), unit))
        except ValueError:
            continue
    return found


def sizes(text: str) -> tuple[int, int] | None:
    """Return the first two whole numbers in ``text``, such as "1280 x 960", or None."""
    numbers = re.findall(r"\d+", text)
    return (int(numbers[0]), int(numbers[1])) if len(numbers) >= 2 else None
