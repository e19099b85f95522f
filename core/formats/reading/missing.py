"""Pixels that hold no grey level: NaN, infinite, the value that a program writes for "none", and
the frame around an image that was moved or turned."""

from __future__ import annotations

import cv2
import numpy as np

_ENORMOUS = 1e19
"""No instrument counts so far; -3.4e38, the lowest float32, is what many programs fill with."""
_FAR = 1e6
_FILL_VALUES = (-999.0, -9999.0, -99999.0, -32768.0, -65504.0)
"""What programs write where there is no data; each counts only far below all other values."""

_FRAME_SHARE, _SOLID, _FEWEST_CORNERS, _FEWEST_LEVELS = 0.4, 0.985, 3, 16
"""Largest share of a frame; least share that the image in it has of its convex hull; corners that a
frame covers; grey levels of an image that is no drawing."""


def frame(values: np.ndarray) -> np.ndarray | None:
    """Return (H, W) bool, True in the frame that an image has which was shifted or turned, or None.

    It is of 0 or of the type's largest value, which no pixel in it has; it covers three corners of
    ``values`` (H, W) or all four, and what it holds is convex, as a rectangle in any pose is. A
    saturated edge of a specimen covers two.
    """
    if values.dtype.kind not in "uif" or min(values.shape) < 3:
        return None
    corners = values[[0, 0, -1, -1], [0, -1, 0, -1]]
    white = np.iinfo(values.dtype).max if values.dtype.kind != "f" else 1.0
    for level in (0, white):
        if np.count_nonzero(corners == level) < _FEWEST_CORNERS:
            continue
        inside = (values != level).astype(np.uint8)
        if inside.mean() < 1 - _FRAME_SHARE or len(np.unique(values[::7, ::7])) < _FEWEST_LEVELS:
            continue
        contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        hull = cv2.convexHull(np.concatenate(contours))
        area = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
        filled = cv2.drawContours(np.zeros_like(inside), contours, -1, 1, cv2.FILLED)
        if inside.sum() >= _SOLID * area and np.array_equal(filled, inside):
            return inside == 0
    return None


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
