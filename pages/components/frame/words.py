"""How names are written on the pages."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

WORD_JOINER = "\u2060"


def capital(name: str) -> str:
    """Return ``name`` with a capital first letter and the rest as it is: "Tc" stays "Tc"."""
    return name[:1].upper() + name[1:]


def literal(name: str) -> str:
    """Return a user's words for Markdown, so that "a_b_c.tif" or an address is shown as it is."""
    escaped = re.sub(r"([\\`*_{}\[\]()<>#+\-!|~$:])", r"\\\1", " ".join(name.split()))
    # Addresses become links also where they are escaped; a word joiner has no width.
    return re.sub(r"(?i)(https?\\:|www)(?=[/.])|(?=@)", rf"\g<0>{WORD_JOINER}", escaped)


def day(seconds: float) -> str:
    """Return a date, such as "28 Nov 2026", from seconds since 1970, where the user is."""
    when = _there(seconds)
    return f"{when.day} {when:%b %Y}"


def moment(seconds: float) -> str:
    """Return date and time, such as "28 Nov 2026, 16:40", where the user is."""
    return f"{day(seconds)}, {_there(seconds):%H:%M}"


def size(count: int) -> str:
    """Return a number of bytes in words: "820 kB", "3.1 MB", "20 GB"."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            return (
                f"{count / factor:.2g} {unit}"
                if count < 100 * factor
                else f"{count / factor:.0f} {unit}"
            )
    return f"{count / 1e3:.0f} kB"


def _there(seconds: float) -> datetime:
    try:
        zone = ZoneInfo(str(st.context.timezone))
    except (KeyError, ValueError, OSError):
        zone = None
    return datetime.fromtimestamp(seconds, zone)
