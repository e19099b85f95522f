"""ImageJ and Fiji: unit in the TIFF's description, pixels a unit in the resolution tags."""

from __future__ import annotations

from core.formats.reading.calibration import LONGEST_M, Calibration, metres, unset_note
from core.formats.reading.clues import Clues
from core.formats.reading.names import shown
from core.formats.reading.source import Finding
from core.formats.reading.text import key_values, plain_unit

RANK = 3

_X_RESOLUTION, _Y_RESOLUTION = 282, 283
_PRINT_UNITS = ("inch", "in", "cm")
_INCH_M = 0.0254
_COARSEST_SCAN_M, _FINEST_SCAN_M = 1e-5, 1e-6
"""From 10 µm on (2540 to the inch) pixels are those of paper; below 1 µm no scanner goes."""
_MOST_DPI = 12_800
_ROUND = 2e-4
"""Largest relative error of a number of dots that was turned into one per cm and rounded."""


def find(clues: Clues) -> Finding | None:
    """Return units a pixel.

    The resolution tags count pixels by the unit that TIFF's ResolutionUnit names, an inch or a cm,
    as Bio-Formats writes them; where it names none, as in ImageJ's own files, or one that makes
    pixels of over a millimetre, by the unit of the description. ImageJ turns the print resolution
    of any TIFF into a scale in inch or cm, so that what a printer or a scanner has is no scale.
    """
    for description in clues.descriptions:
        if description.startswith(("ImageJ=", "SCIFIO=")):
            return _finding(key_values(description), clues)
    return None


def _finding(values: dict[str, str], clues: Clues) -> Finding | None:
    unit = shown(plain_unit(values.get("unit", "")))
    x, y = clues.ratio(_X_RESOLUTION), clues.ratio(_Y_RESOLUTION)
    if not x or metres(1, unit) is None:
        return None
    counted_by = clues.resolution_unit or unit
    leftover = (metres(1 / x, counted_by) or 0.0) > LONGEST_M and unit.lower() not in _PRINT_UNITS
    if leftover:
        counted_by = unit
    x_m = metres(1 / x, counted_by) or 0.0
    if _is_print(x_m, counted_by, unit):
        note = (
            f"{x:.6g} pixels per {counted_by} is the resolution of a print or a scanner, not of "
            "the sample: not calibrated."
        )
        return Finding(notes=(note,))
    counted_down = values.get("yunit", unit) if counted_by == unit else counted_by
    y_m = metres(1 / y, counted_down) if y else None
    source = f"ImageJ, {unit}"
    if counted_by != unit:
        source += f", resolution per {counted_by}"
    doubt = unset_note("ImageJ", f"1 {unit}") if x == 1 and not clues.resolution_unit else ""
    if leftover:
        doubt = (
            f"The file counts {x:.6g} pixels per {clues.resolution_unit}, too coarse for any "
            f"image, and names the unit {unit}; taken per {unit}, as ImageJ does. Check it against "
            "a scale bar."
        )
    return Finding([Calibration(x_m, y_m or x_m, source, note=doubt)])


def _is_print(pixel_m: float, counted_by: str, unit: str) -> bool:
    """Whether a scale is one that a printer or scanner has: inch or cm, or round dots an inch."""
    if counted_by.lower() not in _PRINT_UNITS or pixel_m < _FINEST_SCAN_M:
        return False
    dots = _INCH_M / pixel_m
    is_round = abs(dots / (100 * max(round(dots / 100), 1)) - 1) < _ROUND
    # Of the round numbers these are whole micrometres.
    is_metric = abs(dots / (254 * max(round(dots / 254), 1)) - 1) < _ROUND
    like_a_scanner = is_round and not is_metric and dots <= _MOST_DPI
    if unit.lower() not in _PRINT_UNITS:
        return like_a_scanner or pixel_m > 2 * _COARSEST_SCAN_M
    return counted_by.lower() != "cm" or like_a_scanner or pixel_m >= _COARSEST_SCAN_M
