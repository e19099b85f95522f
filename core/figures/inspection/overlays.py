"""Heat and boxes to lay over a micrograph, as RGBA pictures."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from plotly.colors import sample_colorscale

from core.figures.encoding import IndexedImage
from core.types.arrays import read_only

SEQUENTIAL, DIVERGING = "Viridis", "RdBu_r"
HEAT_STEPS = 254
"""Colours of heat: of the 256 of a palette two are left, for a ring."""


def colors(values: np.ndarray, low: float, high: float, scale: str = SEQUENTIAL) -> np.ndarray:
    """Return values (H, W) in the colours of a plotly scale: (H, W, 3) uint8, low to high."""
    span = (high - low) or 1.0
    index = np.rint(np.clip((values - low) / span, 0, 1) * 255).astype(np.uint8)
    return _table(scale)[index]


@cache
def _table(scale: str) -> np.ndarray:
    """Return 256 colours of a plotly scale, (256, 3) uint8."""
    steps = sample_colorscale(scale, np.linspace(0, 1, 256), colortype="tuple")
    return read_only(np.rint(np.array(steps) * 255).astype(np.uint8))


def css_gradient(scale: str = SEQUENTIAL) -> str:
    """Return a plotly scale as a CSS gradient from left, low, to right, high."""
    stops = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in _table(scale)[::15])
    return f"linear-gradient(to right, {stops})"


def limits_of(values: np.ndarray, scale: str = SEQUENTIAL) -> tuple[float, float]:
    """Return the ends of a scale for values: their own, or equally far from 0 on both sides."""
    low, high = float(values.min()), float(values.max())
    if scale != DIVERGING:
        return low, high
    limit = max(abs(low), abs(high))
    return -limit, limit


def heat_overlay(heat: np.ndarray, opacity: float = 0.7, scale: str = SEQUENTIAL) -> IndexedImage:
    """Return heat (H, W), not negative, as a picture: the fainter, the more transparent.

    The 99.9th percentile of what is not 0 takes the full colour, so that one pixel does not hide
    the rest; the transparency follows the square root.
    """
    shown = heat[heat > 0]
    high = float(np.percentile(shown, 99.9)) if shown.size else 1.0
    strength = np.sqrt(np.clip(heat / high, 0, 1))
    steps = np.linspace(0, 1, HEAT_STEPS)
    alpha = np.rint(255 * opacity * steps).astype(np.uint8)
    return IndexedImage(
        np.rint(strength * (HEAT_STEPS - 1)).astype(np.uint8),
        np.column_stack([colors(steps, 0, 1, scale), alpha]),
    )


def uncertainty_overlay(uncertainty: np.ndarray, opacity: float = 0.8) -> np.ndarray:
    """Return uncertainty (H, W) in [0, 1] as (H, W, 4) uint8: the surer, the more transparent."""
    alpha = np.rint(255 * opacity * np.sqrt(np.clip(uncertainty, 0, 1))).astype(np.uint8)
    return np.dstack([colors(uncertainty, 0, 1), alpha])


def signed_overlay(values: np.ndarray, opacity: float = 0.7, percentile: float = 100) -> np.ndarray:
    """Return values (H, W) as (H, W, 4) uint8 on one symmetric scale: red for, blue against.

    ``percentile``: of the sizes of what is not 0, which takes the full colour.
    """
    size = np.abs(values)
    shown = size[size > 0]
    high = float(np.percentile(shown, percentile)) if shown.size else 1.0
    alpha = np.rint(255 * opacity * np.sqrt(np.clip(size / high, 0, 1))).astype(np.uint8)
    return np.dstack([colors(values, -high, high, DIVERGING), alpha])


def channel_overlay(
    activations: np.ndarray,
    shape: tuple[int, int],
    opacity: float = 0.6,
    scale: str = SEQUENTIAL,
) -> np.ndarray:
    """Return one channel (h, w), enlarged to (H, W), as (H, W, 4) uint8; nearest neighbour."""
    picture = colors(activations, *limits_of(activations, scale), scale)
    picture = cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_NEAREST)
    alpha = np.full(shape, round(255 * opacity), np.uint8)
    return np.dstack([picture, alpha])
