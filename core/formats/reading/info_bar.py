"""Find the info bar that many microscopes draw below the image."""

from __future__ import annotations

import numpy as np

from core.formats.reading.grey import Levels

_LOWEST_SHARE = 0.30
_BAR, _BAR_BODY, _IMAGE, _BODY_SHARE = 0.9, 0.6, 0.5, 0.7
_ABOVE = 3
_TOLERANCES = (0, 8)
"""Grey levels about the row's mode: 0 as drawn, 8 after JPEG or resizing."""


def find_info_bar(levels: Levels) -> int:
    """Return the rows of the info bar at the bottom, 0 when there is none.

    The bar starts at the topmost row in the lower 30 % of the image where two rows are of one grey
    level to 90 %, the three above them are not to 50 %, and of those below 70 % are to 60 %. It may
    end before the image does: below a ZEISS bar lie one or two rows of image.
    """
    height = len(levels.values)
    first = max(int(height * (1 - _LOWEST_SHARE)), _ABOVE)
    if height - first < 4 or levels.values.shape[1] < 16:
        return 0
    eight_bit = _eight_bit(levels, first - _ABOVE)
    for tolerance in _TOLERANCES:
        shares = np.array([_mode_share(row, tolerance) for row in eight_bit])
        if (top := _topmost(shares)) is not None:
            return len(shares) - top
    return 0


def _topmost(shares: np.ndarray) -> int | None:
    for top in range(_ABOVE, len(shares) - 1):
        is_bar = shares[top : top + 2].min() >= _BAR
        is_image_above = shares[top - _ABOVE : top].max() < _IMAGE
        if is_bar and is_image_above and (shares[top:] >= _BAR_BODY).mean() >= _BODY_SHARE:
            return top
    return None


def _mode_share(row: np.ndarray, tolerance: int) -> float:
    counts = np.bincount(row, minlength=256)
    mode = int(counts.argmax())
    return counts[max(mode - tolerance, 0) : mode + tolerance + 1].sum() / len(row)


def _eight_bit(levels: Levels, first: int) -> np.ndarray:
    """Return the rows from ``first`` on as uint8, scaled between the image's extremes."""
    values = levels.values
    if values.dtype == np.uint8:
        return values[first:]
    if np.iscomplexobj(values):
        return np.zeros(values[first:].shape, np.uint8)
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if not 0 < high - low < np.inf:
        return np.zeros(values[first:].shape, np.uint8)
    below = np.nan_to_num(values[first:].astype(np.float64), nan=low, posinf=high, neginf=low)
    return ((below - low) * (255 / (high - low))).astype(np.uint8)
