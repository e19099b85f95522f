"""Test lines to lay over grains: straight in four directions (Heyn), and Abrams' three circles.

Source: ASTM E112-13, sections 13 and 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.image_size import width_x_height

DIRECTIONS = (0, 45, 90, 135)
"""In degrees, counter-clockwise from the horizontal as seen on the screen."""
CIRCLES = (3.0, 2.0, 1.0)
"""Diameters of Abrams' three circles by that of the smallest."""
LARGEST_CIRCLE = 0.7958
"""Diameter of the largest by the shorter side of the field, as in a template of 100 mm."""
CIRCLE_STEP_PX = 0.5


@dataclass(frozen=True, eq=False)
class InterceptLine:
    """``points``: (n, 2) (row, column) in px, evenly spaced by ``step_px``. ``direction``: one of
    DIRECTIONS; None of a circle."""

    points: np.ndarray
    step_px: float
    direction: int | None


def straight_lines(shape: tuple[int, int], spacing_px: int) -> tuple[InterceptLine, ...]:
    """Return lines in four directions across a field (H, W), ``spacing_px`` apart.

    Raises:
        DataError: fewer than one line fits.
    """
    height, width = shape
    if min(shape) < 2 or spacing_px < 1:
        raise DataError(
            f"Test lines every {spacing_px} px cannot be laid over {width_x_height(shape)} px."
        )
    first = min(spacing_px, *shape) // 2
    rows, columns = np.arange(height, dtype=float), np.arange(width, dtype=float)
    lines = [
        InterceptLine(np.column_stack([np.full(width, row), columns]), 1.0, 0)
        for row in np.arange(first, height, spacing_px)
    ]
    lines += [
        InterceptLine(np.column_stack([rows, np.full(height, column)]), 1.0, 90)
        for column in np.arange(first, width, spacing_px)
    ]
    # Neighbouring diagonals of pixels are half a diagonal apart.
    apart = max(1, round(spacing_px * np.sqrt(2)))
    for offset in np.arange(-height + 1 + apart // 2, width, apart):
        begin, end = max(0, -offset), min(height, width - offset)
        if end - begin < 2:
            continue
        down = np.arange(begin, end, dtype=float)
        falling = np.column_stack([down, down + offset])
        rising = np.column_stack([height - 1 - down, down + offset])
        lines.append(InterceptLine(rising, float(np.sqrt(2)), 45))
        lines.append(InterceptLine(falling, float(np.sqrt(2)), 135))
    return tuple(sorted(lines, key=lambda line: DIRECTIONS.index(line.direction or 0)))


def three_circles(shape: tuple[int, int]) -> tuple[InterceptLine, ...]:
    """Return Abrams' concentric circles, circumferences 3 : 2 : 1, in the middle of a field (H, W).

    Raises:
        DataError: a field under 20 px.
    """
    if min(shape) < 20:
        raise DataError(
            f"Three circles cannot be laid over {width_x_height(shape)} px; 20 px are needed."
        )
    centre = (np.array(shape) - 1) / 2
    circles = []
    for ratio in CIRCLES:
        radius = LARGEST_CIRCLE * min(shape) / 2 * ratio / CIRCLES[0]
        steps = int(np.ceil(2 * np.pi * radius / CIRCLE_STEP_PX))
        angle = np.linspace(0, 2 * np.pi, steps + 1)
        points = centre + radius * np.column_stack([-np.sin(angle), np.cos(angle)])
        circles.append(InterceptLine(points, 2 * np.pi * radius / steps, None))
    return tuple(circles)
