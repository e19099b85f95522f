"""Regions of one extreme grey level, which may be letters, bars or arrows drawn into an image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from core.pixels.distance import distance_inside

APART = 0.2
"""How far what surrounds a stroke must lie from its black or white, the range of greys being 1."""
PURE, SOFT = 0.95, 0.87
"""Least median of a stroke, black or white being 1: as drawn, and thin ones after resizing."""
FLAT = 0.03
"""Largest standard deviation of the greys in a mark, after JPEG."""
HARD_EDGE_SHARE = 0.75
STROKE_SHARE = 0.4
"""Largest stroke width of a letter as a share of its height; bold type has 0.2 to 0.3."""
LETTER_SOLIDITY = 0.82
BAR_FILL, BAR_RATIO, SHORTEST_BAR_PX = 0.74, 4, 16


@dataclass(frozen=True)
class Box:
    """A rectangle along the grid, in px."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """First column to its right."""
        return self.left + self.width

    @property
    def place(self) -> tuple[slice, slice]:
        """Index of its pixels in an array (H, W)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def holds(self, other: Box) -> bool:
        """Whether ``other`` lies wholly in it."""
        rows = self.top <= other.top and other.bottom <= self.bottom
        return rows and self.left <= other.left and other.right <= self.right


@dataclass(frozen=True)
class Mark(Box):
    """A connected region of one extreme grey level, in its box, and what shape it has.

    ``fill``: pixels by those of its box. ``solidity``: by those of its convex hull. ``stroke``:
    diameter in px of the largest disc in it. ``length``: of the smallest rectangle around it, in
    px, ``ratio``: by that rectangle's width, ``degrees``: of its direction to the rows, in
    [0, 180). ``number``: in the label image.
    """

    number: int
    fill: float
    solidity: float
    stroke: float
    length: float
    ratio: float
    degrees: float

    @property
    def is_bar(self) -> bool:
        """Whether it is a straight bar along the grid, as scale bars are."""
        longer, shorter = max(self.width, self.height), min(self.width, self.height)
        is_long = longer >= max(SHORTEST_BAR_PX, BAR_RATIO * shorter)
        return is_long and self.fill >= BAR_FILL and shorter >= 2

    @property
    def is_letter(self) -> bool:
        """Whether it could be a letter that is not a mere stroke, by its shape alone."""
        slim = self.stroke <= STROKE_SHARE * self.height
        return slim and self.solidity <= LETTER_SOLIDITY and self.width <= 2.2 * self.height


def mark_of(numbers: np.ndarray, stats: np.ndarray, number: int) -> Mark:
    """Return a region as a mark, from OpenCV's ``stats`` (5,) of it."""
    left, top, width, height, area = (int(value) for value in stats)
    part = (numbers[top : top + height, left : left + width] == number).astype(np.uint8)
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(contours))
    hull_area = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
    padded = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = distance_inside(padded)
    stroke = 2 * float(depth.max()) - 1
    sides = np.diff(cv2.boxPoints(cv2.minAreaRect(hull))[:3], axis=0)
    shorter, longer = sorted(sides.tolist(), key=lambda side: math.hypot(*side))
    length = math.hypot(*longer) + 1
    return Mark(
        top,
        left,
        height,
        width,
        number,
        fill=area / (width * height),
        solidity=area / hull_area,
        stroke=stroke,
        length=length,
        ratio=length / (math.hypot(*shorter) + 1),
        degrees=math.degrees(math.atan2(longer[1], longer[0])) % 180,
    )


def marks_as_pure(
    level: np.ndarray, numbers: np.ndarray, stats: np.ndarray, of: np.ndarray, least: float
) -> list[Mark]:
    """Return those of the regions ``of`` (n,) that have a :func:`purity` of at least ``least``.

    ``level``, ``numbers``: (H, W). ``stats``: OpenCV's of the regions, (N, 5).
    """
    # A median reaches a level only where half of the pixels do; that is quicker to find out than
    # a shape, and textures have thousands of regions.
    reached = np.bincount(numbers[level >= least], minlength=len(stats))
    likely = of[2 * reached[of] >= stats[of, cv2.CC_STAT_AREA]]
    return [
        mark_of(numbers, stats[number], int(number))
        for number in likely
        if purity(level, numbers, stats[number], number) >= least
    ]


def purity(level: np.ndarray, numbers: np.ndarray, stats: np.ndarray, number: int) -> float:
    """Return the median level of a region, of OpenCV's ``stats`` (5,), 1 = black or white; 0 unless
    the grey changes within three pixels nearly all around it."""
    left, top, width, height = (int(value) for value in stats[:4])
    reach = 4
    rows = slice(max(top - reach, 0), top + height + reach)
    columns = slice(max(left - reach, 0), left + width + reach)
    body = (numbers[rows, columns] == number).astype(np.uint8)
    near = cv2.dilate(body, np.ones((5, 5), np.uint8))
    ring = cv2.dilate(body, np.ones((7, 7), np.uint8)) - near
    here = level[rows, columns]
    values = here[ring > 0]
    if not values.size or float(np.mean(values < 1 - APART)) < HARD_EDGE_SHARE:
        return 0.0
    return float(np.median(here[body > 0]))


def is_flat(level: np.ndarray, numbers: np.ndarray, mark: Mark) -> bool:
    """Return whether a mark is of one grey level inside."""
    part = numbers[mark.place] == mark.number
    core = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return float(level[mark.place][core if core.any() else part].std()) <= FLAT
