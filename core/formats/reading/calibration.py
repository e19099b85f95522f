"""From what an instrument says about lengths to a pixel size that can be trusted, or none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.formats.reading.text import plain_micro
from core.types import PixelSize

SHORTEST_M, LONGEST_M = 1e-12, 1e-3
SQUARE_WITHIN = 0.02
"""Largest difference between x and y that is still a square pixel."""

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


def pixel_size(
    calibration: Calibration, shape: tuple[int, int]
) -> tuple[PixelSize | None, tuple[str, ...]]:
    """Return the pixel size that ``calibration`` gives an image of ``shape`` (H, W), and notes.

    ``shape`` includes the info bar; some instruments draw it into the image, others below it.

    None when the scale is not plausible, or when the image is a crop or a distorted copy of the
    one that the metadata describe.
    """
    found = calibration.source
    if not (plausible(calibration.x_m) and plausible(calibration.y_m)):
        return None, (
            f"{found} gives a pixel of {calibration.x_m:g} m, which no microscope has; the image "
            "counts as not calibrated.",
        )
    factor, notes = _rescaled(calibration, shape)
    if factor is None or not plausible(calibration.x_m * factor):
        return None, notes
    x_nm, y_nm = (value * factor * 1e9 for value in (calibration.x_m, calibration.y_m))
    if abs(x_nm / y_nm - 1) > SQUARE_WITHIN:
        notes += (
            f"Pixels are not square: {x_nm:.4g} nm across and {y_nm:.4g} nm down ({found}). "
            "Lengths use the value across; the sample may have been tilted.",
        )
    return PixelSize(nm=x_nm, source=found), notes


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


def _rescaled(
    calibration: Calibration, shape: tuple[int, int]
) -> tuple[float | None, tuple[str, ...]]:
    """Return by how much a pixel of the saved image is larger than one of the metadata's image."""
    stated, (height, width) = calibration.width, shape
    if not stated or stated == width:
        return 1.0, ()
    factor = stated / width
    expected = calibration.rows / factor if calibration.rows else None
    if expected and not 0.98 * expected <= height <= (1 + _LARGEST_BAR) * expected:
        return None, (
            f"{calibration.source} describes an image of {calibration.rows} x {stated} px, but "
            f"this one is {height} x {width} px: cropped or distorted after it was taken. Type the "
            f"pixel size; before that it was {calibration.x_m * 1e9:.5g} nm.",
        )
    return factor, (
        f"The image is {width} px wide and {calibration.source} describes one of {stated} px: it "
        f"was rescaled, so the pixel size was multiplied by {factor:.4g}. Check it.",
    )
