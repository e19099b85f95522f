"""From what an instrument says about lengths to a pixel size that can be trusted, or none."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from core.formats.reading.text import plain_micro
from core.types import PixelSize

SHORTEST_M, LONGEST_M = 1e-12, 1e-3
SQUARE_WITHIN = 0.005
"""Largest difference between x and y that is still a square pixel: that of rounded numbers."""

_LARGEST_BAR = 0.25
"""Largest height of an info bar, as a share of the image above it."""

_METRES = {
    "m": 1.0,
    "dm": 1e-1,
    "cm": 1e-2,
    "mm": 1e-3,
    "µm": 1e-6,
    "um": 1e-6,
    "micron": 1e-6,
    "microns": 1e-6,
    "micrometer": 1e-6,
    "micrometers": 1e-6,
    "micrometre": 1e-6,
    "micrometres": 1e-6,
    "nm": 1e-9,
    "nanometer": 1e-9,
    "nanometers": 1e-9,
    "nanometre": 1e-9,
    "nanometres": 1e-9,
    "å": 1e-10,
    "a": 1e-10,
    "ang": 1e-10,
    "angstrom": 1e-10,
    "angstroms": 1e-10,
    "pm": 1e-12,
    "picometer": 1e-12,
    "fm": 1e-15,
    "meter": 1.0,
    "metre": 1.0,
    "meters": 1.0,
    "metres": 1.0,
    "millimeter": 1e-3,
    "millimetre": 1e-3,
    "inch": 0.0254,
    "in": 0.0254,
}


@dataclass(frozen=True)
class Calibration:
    """What metadata say about the pixel.

    ``x_m``, ``y_m``: width and height of a pixel in metres. ``width``, ``rows``: size in px of the
    image that they hold for, without its info bar, when the metadata name it.
    """

    x_m: float
    y_m: float
    source: str
    width: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Scale:
    """A pixel size, None when there is none to be trusted; or ``choices``, of which one is right.

    ``notes``: sentences for the user.
    """

    size: PixelSize | None = None
    choices: tuple[PixelSize, ...] = ()
    notes: tuple[str, ...] = ()


def metres(value: float, unit: str) -> float | None:
    """Return ``value`` ``unit`` in metres, or None when ``unit`` is not a length."""
    name = plain_micro(unit.replace("\0", "")).strip(" \t\r\n[]").replace("_", "")
    factor = _METRES.get(name.replace("\u212b", "å").lower())
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


def pixel_size(calibration: Calibration, shape: tuple[int, int]) -> Scale:
    """Return the pixel size that ``calibration`` gives an image of ``shape`` (H, W).

    ``shape`` includes the info bar; some instruments draw it into the image, others below it.

    There is none when the scale is not plausible, or when the image has another size than the one
    that the metadata describe: it may be a crop, whose pixels are as stated, or a smaller or larger
    copy, whose pixels are not, and nothing tells the two apart.
    """
    found = calibration.source
    stated = _of(calibration)
    if stated is None:
        return Scale(
            notes=(
                f"{found} gives a pixel of {calibration.x_m:g} m, which no microscope has; the "
                "image counts as not calibrated.",
            )
        )
    if calibration.width and calibration.width != shape[1]:
        return _other_size(calibration, stated, shape)
    if stated.is_square:
        return Scale(stated)
    note = (
        f"Pixels are not square: {stated.nm:.4g} nm across and {stated.height_nm:.4g} nm down "
        f"({found}); the sample may have been tilted."
    )
    return Scale(stated, notes=(note,))


def rows_below(shape: tuple[int, int], width: int | None, rows: int | None) -> int | None:
    """Return the rows of an image of ``shape`` below the ``rows`` that were recorded.

    ``width``: in px of the recorded image; another one than that of ``shape`` scales its rows. None
    when there are no such rows, or too many for an info bar: the image is a crop.
    """
    if not rows or not width:
        return None
    expected = rows * shape[1] / width
    extra = shape[0] - round(expected)
    most = shape[0] / 2 if width == shape[1] else _LARGEST_BAR * expected
    return extra if 0 < extra < most else None


def _of(calibration: Calibration, factor: float = 1.0, how: str = "") -> PixelSize | None:
    """Return a pixel ``factor`` times as large as stated; None when no microscope has it."""
    x_m, y_m = calibration.x_m * factor, calibration.y_m * factor
    if not (plausible(x_m) and plausible(y_m)):
        return None
    square = abs(y_m / x_m - 1) <= SQUARE_WITHIN
    return PixelSize(x_m * 1e9, calibration.source + how, None if square else y_m * 1e9)


def _other_size(calibration: Calibration, stated: PixelSize, shape: tuple[int, int]) -> Scale:
    """Return what the pixel may be of an image of another size than that of the metadata."""
    height, width = shape
    factor = calibration.width / width
    described = f"{calibration.width} px wide"
    expected = height
    if calibration.rows:
        described = f"{calibration.rows} x {calibration.width} px"
        expected = calibration.rows / factor
    cropped = replace(stated, source=f"{stated.source}, if cropped")
    copied = _of(calibration, factor, ", if binned or rescaled")
    same_form = 0.98 * expected <= height <= (1 + _LARGEST_BAR) * expected
    if copied is None or not same_form:
        return Scale(
            notes=(
                f"{calibration.source} describes an image of {described}, but this one is "
                f"{height} x {width} px: cropped or distorted after it was taken. Type the pixel "
                f"size; before that it was {stated.nm:.5g} nm.",
            ),
            choices=(cropped,),
        )
    note = (
        f"{calibration.source} describes an image of {described}, but this one is {height} x "
        f"{width} px. If it was cropped, a pixel is {cropped.nm:.5g} nm; if it was binned or "
        f"rescaled, {copied.nm:.5g} nm. Choose which one."
    )
    return Scale(choices=(cropped, copied), notes=(note,))
