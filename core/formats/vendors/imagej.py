"""ImageJ and Fiji: unit in the TIFF's description, pixels a unit in the resolution tags."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, metres
from core.formats.reading.clues import Clues
from core.formats.reading.names import shown
from core.formats.reading.source import Finding
from core.formats.reading.text import key_values

RANK = 2

_DESCRIPTION, _X_RESOLUTION, _Y_RESOLUTION = 270, 282, 283
_PRINT_UNITS = ("inch", "in", "cm")
_FINEST_PRINT_M = 1e-5
"""Pixels of 10 µm (2540 to the inch) and more are for paper."""


def find(clues: Clues) -> Finding | None:
    """Return units a pixel.

    ImageJ turns the print resolution of any TIFF into a scale in inch or cm; so scales in these
    units count only when they are finer than paper.
    """
    description = clues.text(_DESCRIPTION)
    if not description.startswith(("ImageJ=", "SCIFIO=")):
        return None
    values = key_values(description)
    unit = shown(values.get("unit", ""))
    x, y = clues.ratio(_X_RESOLUTION), clues.ratio(_Y_RESOLUTION)
    x_m = metres(1 / x, unit) if x else None
    if x_m is None:
        return None
    if unit.lower() in _PRINT_UNITS and x_m >= _FINEST_PRINT_M:
        note = f"The scale of 1/{x:g} {unit} is that of a print, not of the sample: not calibrated."
        return Finding(notes=(note,))
    y_m = metres(1 / y, values.get("yunit", unit)) if y else None
    return Finding(Calibration(x_m, y_m or x_m, f"ImageJ, {_shown(unit)}"))


def _shown(unit: str) -> str:
    return unit.replace("\\u00B5", "µ")
