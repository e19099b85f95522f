"""Text that instruments write, in the encodings and layouts that they use."""

from __future__ import annotations

import re

_LENGTH = re.compile(r"([-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*([a-zA-Zµμ\uff75\u212bÅ]+)")


def decode_text(data: bytes) -> str:
    """Return ``data`` as text: UTF-16 by its mark or its zeros, else UTF-8, cp932 or Latin-1."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    head = data[:200]
    if len(head) > 8 and head[1::2].count(0) > len(head) // 4 and head[0::2].count(0) == 0:
        return data.decode("utf-16-le", "replace")
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


def lengths(text: str) -> list[tuple[float, str]]:
    """Return the (value, unit) pairs in ``text``, such as "128µm 96 µm"."""
    found = []
    for value, unit in _LENGTH.findall(text):
        try:
            found.append((float(value.replace(",", ".")), unit))
        except ValueError:
            continue
    return found


def sizes(text: str) -> tuple[int, int] | None:
    """Return the first two whole numbers in ``text``, such as "1280 x 960", or None."""
    numbers = re.findall(r"\d+", text)
    return (int(numbers[0]), int(numbers[1])) if len(numbers) >= 2 else None
