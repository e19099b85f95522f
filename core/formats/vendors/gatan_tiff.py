"""TIFF saved by Gatan DigitalMicrograph: tags 65003, 65004, 65009 and 65010."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.clues import Clues
from core.formats.reading.names import shown
from core.formats.reading.source import Finding

RANK = 0

_UNIT_X, _UNIT_Y, _SCALE_X, _SCALE_Y = 65003, 65004, 65009, 65010


def find(clues: Clues) -> Finding | None:
    """Return the scale when its unit is a length; of a diffraction pattern it is not."""
    x, y = number(clues.tags.get(_SCALE_X)), number(clues.tags.get(_SCALE_Y))
    unit_x = clues.text(_UNIT_X)
    if not x or not unit_x:
        return None
    x_m = metres(x, unit_x)
    y_m = metres(y, clues.text(_UNIT_Y) or unit_x) if y else x_m
    if not x_m or not y_m:
        unit = shown(unit_x)
        return Finding(notes=(f"The scale is in {unit}, not a length: not calibrated.",))
    return Finding([Calibration(x_m, y_m, f"Gatan tag {_SCALE_X}")])
