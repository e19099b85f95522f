"""File names come from outside, and are shown, logged and written."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120


def clean_name(name: str) -> str:
    """Return the base name of ``name`` without control and text-direction characters.

    At most 120 characters; the extension is kept. An empty name becomes "image". Letters are in
    Unicode's composed form: macOS writes "ö" as o and two dots, other systems as one letter.
    """
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = shown(base, len(base))
    kept = "" if not kept.strip(".") else kept
    if len(kept) > LONGEST_NAME:
        stem, dot, extension = kept.rpartition(".")
        tail = f"{dot}{extension}" if dot and len(extension) <= 10 else ""
        kept = (stem if tail else kept)[: LONGEST_NAME - len(tail)] + tail
    return kept or "image"


def shown(text: str, most: int = 60) -> str:
    """Return at most ``most`` characters of ``text`` from a file, fit for a message."""
    kept = "".join(c for c in text if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029")
    return kept.strip()[:most]


def stem(name: str) -> str:
    """Return ``name`` without its last extension, in lower case."""
    return clean_name(name).lower().rpartition(".")[0] or clean_name(name).lower()


def extension(name: str) -> str:
    """Return the last extension of ``name`` in lower case, without the dot; "" when none."""
    return clean_name(name).lower().rpartition(".")[2] if "." in clean_name(name) else ""
