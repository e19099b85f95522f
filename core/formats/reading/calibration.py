"""What an instrument says about lengths, in metres."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from core.formats.reading.text import plain_unit

SHORTEST_M, LONGEST_M = 1e-12, 1e-3
AGREE_WITHIN = 0.005
"""Largest relative difference of two lengths that is still one of rounding."""
LARGEST_BAR = 0.25
"""Largest height of an info bar, as a share of the image above it."""

_METRES = {
    "m": 1.0,
    "dm": 1e-1,
    "cm": 1e-2,
    "mm": 1e-3,
    "µm": 1e-6,
    "um": 1e-6,
    "µ": 1e-6,
    "micron": 1e-6,
    "microns": 1e-6,
    "micrometer": 1e-6,
    "micrometers": 1e-6,
    "micrometre": 1e-6,
    "micrometres": 1e-6,
    "mikrometer": 1e-6,
    "mikron": 1e-6,
    "nm": 1e-9,
    "nanometer": 1e-9,
    "nanometers": 1e-9,
    "nanometre": 1e-9,
    "nanometres": 1e-9,
    "å": 1e-10,
    "a": 1e-10,
    "ang": 1e-10,
    "ang.": 1e-10,
    "angstrom": 1e-10,
    "angstroms": 1e-10,
    "ångstrom": 1e-10,
    "ångström": 1e-10,
    "angström": 1e-10,
    "pm": 1e-12,
    "picometer": 1e-12,
    "picometers": 1e-12,
    "picometre": 1e-12,
    "picometres": 1e-12,
    "fm": 1e-15,
    "meter": 1.0,
    "metre": 1.0,
    "meters": 1.0,
    "metres": 1.0,
    "millimeter": 1e-3,
    "millimetre": 1e-3,
    "inch": 0.0254,
    "inches": 0.0254,
    "in": 0.0254,
    "centimeter": 1e-2,
    "centimetre": 1e-2,
}
_PER_PIXEL = re.compile(r"\s*(/|per)\s*(px|pixels?)$")


@dataclass(frozen=True)
class Calibration:
    """What metadata say about the pixel.

    ``x_m``, ``y_m``: width and height of a pixel in metres. ``width``, ``rows``: size in px of the
    image that they hold for, without its info bar, when the metadata name it. ``note``: why the
    number may be wrong.
    """

    x_m: float
    y_m: float
    source: str
    width: int | None = None
    rows: int | None = None
    note: str = ""


def unset_note(format_name: str, value: str) -> str:
    """Return a doubt about a pixel of exactly 1 of the format's unit: ``value``."""
    return (
        f"Exactly {value} a pixel is what {format_name} files hold when nobody set the pixel size; "
        "check it against a scale bar."
    )


def metres(value: float, unit: str) -> float | None:
    """Return ``value`` ``unit`` in metres, or None when ``unit`` is not a length.

    A pixel's size may say so: "nm/px" is nm.
    """
    name = plain_unit(unit.replace("\0", "")).strip(" \t\r\n[]()\"'").replace("_", "")
    factor = _METRES.get(_PER_PIXEL.sub("", name.lower()))
    return None if factor is None else value * factor


def number(text: object) -> float | None:
    """Return ``text`` as a finite number, or None; a single comma is a decimal point."""
    if isinstance(text, str) and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def plausible(value_m: float) -> bool:
    """Whether a pixel of ``value_m`` metres is a pixel of a micrograph: 1 pm to 1 mm."""
    return math.isfinite(value_m) and SHORTEST_M <= value_m <= LONGEST_M


def rows_below(shape: tuple[int, int], width: int | None, rows: int | None) -> int | None:
    """Return the rows of an image of ``shape`` below the ``rows`` that were recorded.

    ``width``: in px of the recorded image; another one than that of ``shape`` scales its rows. None
    when there are no such rows, or too many for an info bar: the image is a crop.
    """
    if not rows or not width:
        return None
    expected = rows * shape[1] / width
    extra = shape[0] - round(expected)
    most = shape[0] / 2 if width == shape[1] else LARGEST_BAR * expected
    return extra if 0 < extra < most else None
