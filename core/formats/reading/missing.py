"""Pixels that hold no grey level: NaN, infinite, or the value that a program writes for "none"."""

from __future__ import annotations

import numpy as np

_ENORMOUS = 1e19
"""No instrument counts so far; -3.4e38, the lowest float32, is what many programs fill with."""
_FAR = 1e6
_FILL_VALUES = (-999.0, -9999.0, -99999.0, -32768.0, -65504.0)
"""What programs write where there is no data; each counts only far below all other values."""


def missing(values: np.ndarray) -> np.ndarray | None:
    """Return (H, W) bool, True where ``values`` (H, W) hold no grey level; None when all do.

    Besides NaN and infinity that is a fill value: an enormous one (1e19 and more) beside ordinary
    ones, or -9999 and its like where it occurs at least twice, below all others, and the gap to
    them is wider than they spread.
    """
    if values.dtype.kind not in "fi" or values.dtype.itemsize < 2:
        return None
    found = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.shape, np.bool_)
    if not found.all():
        found |= _fill(values, ~found)
    return found if found.any() else None


def _fill(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    known = values if finite.all() else values[finite]
    low, high = float(known.min()), float(known.max())
    if max(abs(low), abs(high)) >= _ENORMOUS:
        fill = finite & (np.abs(values) >= _ENORMOUS)
        rest = values[finite & ~fill]
        ordinary = rest.size and float(np.abs(rest).max()) * _FAR < _ENORMOUS
    else:
        fill = finite & (values == low)
        rest = values[finite & ~fill]
        spread = float(rest.max()) - float(rest.min()) if rest.size else 0.0
        is_known = low in _FILL_VALUES and fill.sum() >= 2
        ordinary = is_known and rest.size and float(rest.min()) - low > spread > 0
    return fill if ordinary else np.zeros(values.shape, np.bool_)
