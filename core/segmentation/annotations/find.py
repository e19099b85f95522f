"""Writing that was burnt into an image: letters, arrows, scale bars and the boxes behind them.

Such marks have one extreme grey level, hard edges, strokes of one width, and stand in rows; a
particle has none of the four together. They are not part of the specimen, so objects found in them
are left out of the statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.segmentation.annotations.arrows import arrows_in
from core.segmentation.annotations.drawn_marks import (
    BAR_RATIO,
    FLAT,
    PURE,
    SHORTEST_BAR_PX,
    SOFT,
    Box,
    Mark,
    marks_as_pure,
)
from core.segmentation.annotations.fringes import SLENDER, has_fringes
from core.segmentation.annotations.rows import (
    Scattered,
    is_texture,
    rows_of_writing,
    without_texture,
)

# Of the range of greys in the image: how far a stroke may lie from black or white, since resizing
# and JPEG soften it.
NEAR = 0.14
LETTER_PX = (7, 90)
LETTER_SHARE = 0.16
"""Largest height of a letter as a share of the image's height."""
CORNER_SHARE, LEAST_ALONE_PX = 0.2, 10
EXACT, EXACT_SHARE = 0.002, 0.4
"""Of the range of greys, what is black or white to the last bit; the least share of a letter that
is, since its rim is smoothed."""
BOX_FILL, BOX_SHARE = 0.85, 0.2
BOLD, MANY_PURE = 0.3, 6
"""Stroke of bold type as a share of its height; regions of pure black or white, of no letter's
shape, that lie in an image because its greys were cut off."""
MARGIN_PX = 3


def find_annotations(pixels: np.ndarray, measurable: np.ndarray | None = None) -> np.ndarray:
    """Return where writing was burnt into an image, (H, W) bool: its strokes, three pixels wider.

    ``pixels``: (H, W) float32, any range. ``measurable``: (H, W) bool, the pixels that are image;
    None = all. A row of at least two letters of one height counts as writing, and so does a single
    one near a corner, where panels of a figure have their letter, or without the specimen's noise;
    neither where more regions of a letter's shape lie scattered around it, as precipitates do, nor
    of mere strokes where a crystal's lattice has fringes.
    Grey writing, within the range of the specimen, is not told apart.
    """
    inside = np.ones(pixels.shape, np.bool_) if measurable is None else measurable
    found = np.zeros(pixels.shape, np.bool_)
    if not inside.any():
        return found
    seen = pixels if inside.all() else pixels[inside]
    low, high = float(seen.min()), float(seen.max())
    if high <= low:
        return found
    grey = np.clip((pixels - low) / (high - low), 0, 1)
    both = [_regions(level, inside) for level in (grey, 1 - grey)]
    # A lattice has white fringes beside black ones, but its noise may leave few of either.
    is_lattice = any(has_fringes(regions.pure) for regions in both)
    for regions in both:
        written = _writing(regions, is_lattice)
        for mark in written:
            found[mark.place] |= regions.numbers[mark.place] == mark.number
        for box in _boxes_behind(1 - regions.level, written, inside):
            found[box.place] = True
    if not found.any():
        return found
    wider = np.ones((2 * MARGIN_PX + 1, 2 * MARGIN_PX + 1), np.uint8)
    return (cv2.dilate(found.astype(np.uint8), wider) > 0) & inside


@dataclass(frozen=True, eq=False)
class _Regions:
    """What lies near one end of the greys. ``level``: (H, W), 1 there. ``numbers`` (H, W),
    ``stats`` (n, 5): OpenCV's of all regions. ``sized``: those as large as letters or bars,
    ``pure``: those among them of one grey."""

    level: np.ndarray
    numbers: np.ndarray
    stats: np.ndarray
    sized: np.ndarray
    pure: list[Mark]


def _regions(level: np.ndarray, inside: np.ndarray) -> _Regions:
    strokes = (level >= 1 - NEAR) & inside
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(
        strokes.astype(np.uint8), connectivity=8
    )
    sized = _mark_sized(stats, len(level))
    pure = marks_as_pure(level, numbers, stats, sized, PURE)
    return _Regions(level, numbers, stats, sized, pure)


def _writing(regions: _Regions, is_lattice: bool) -> list[Mark]:
    """Return the regions that are letters and bars; mere strokes are none in a lattice image."""
    level, numbers, stats, pure = regions.level, regions.numbers, regions.stats, regions.pure
    bars = [mark for mark in pure if mark.is_bar]
    letters = [mark for mark in pure if mark.is_letter]
    if is_lattice:
        letters = [mark for mark in letters if mark.ratio < SLENDER]
    # Beside a letter a mere stroke may be one too, such as an l or a full stop.
    rows = without_texture(rows_of_writing(pure, letters), letters)
    lines = {mark for row in rows for mark in row}
    others = [mark for mark in letters if mark not in lines]
    # Resizing softens thin letters; beside a scale bar they are writing all the same.
    softer = marks_as_pure(level, numbers, stats, regions.sized, SOFT) if bars else []
    soft = [mark for mark in softer if mark.is_letter]
    for row in rows_of_writing(soft, soft):
        if any(_is_beside(bar, mark) for bar in bars for mark in row):
            lines |= set(row)
    scattered = Scattered(others)
    alone = [mark for mark in others if not is_texture([mark], scattered)]
    lines |= set(_letters_alone(level, numbers, _without_clusters(alone, pure, lines)))
    scale = [bar for bar in bars if any(_is_beside(bar, mark) for mark in lines)]
    if len(bars) == 1 and _is_alone(level, bars[0]):
        scale = bars
    return [*lines, *scale, *arrows_in(level, numbers, stats)]


def _mark_sized(stats: np.ndarray, image_height: int) -> np.ndarray:
    """Return the numbers of the regions, of OpenCV's ``stats`` (n, 5), that are neither too small
    nor too large for a letter or a bar; 0 is the ground."""
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    largest = max(LETTER_PX[0] * 2, min(LETTER_PX[1], round(LETTER_SHARE * image_height)))
    is_bar = (width >= SHORTEST_BAR_PX) & (width >= BAR_RATIO * height) & (height >= 2)
    is_letter = (LETTER_PX[0] <= height) & (height <= largest) & (width <= 3 * height)
    return np.flatnonzero((is_bar | is_letter)[1:]) + 1


def _letters_alone(level: np.ndarray, numbers: np.ndarray, marks: list[Mark]) -> list[Mark]:
    """Return the letters beside no other that stand near a corner, or are of pure black or white
    where the specimen has noise."""
    height, width = level.shape
    in_corner, exact = [], []
    for mark in marks:
        rows = min(mark.bottom, height - mark.top) <= CORNER_SHARE * height
        columns = min(mark.right, width - mark.left) <= CORNER_SHARE * width
        if mark.height < LEAST_ALONE_PX:
            continue
        if rows and columns:
            in_corner.append(mark)
            continue
        pure = level[mark.place] >= 1 - EXACT
        if float(pure[numbers[mark.place] == mark.number].mean()) >= EXACT_SHARE:
            exact.append(mark)
    if exact and float(np.median(np.abs(np.diff(level, axis=1)))) > EXACT:
        return in_corner + exact
    return in_corner


def _without_clusters(marks: list[Mark], pure: list[Mark], lines: set[Mark]) -> list[Mark]:
    """Return ``marks`` without those that look like clusters of particles beyond the range of
    greys: thicker than bold type, where many of ``pure`` outside ``lines`` are of one piece."""
    solid = sum(not (one.is_letter or one.is_bar or one in lines) for one in pure)
    return [one for one in marks if solid < MANY_PURE or one.stroke <= BOLD * one.height]


def _is_beside(bar: Mark, letter: Mark) -> bool:
    """Return whether a bar stands above, below or beside a letter, as a scale bar does."""
    reach = 2 * letter.height
    rows = max(bar.top, letter.top) - min(bar.bottom, letter.bottom)
    columns = max(bar.left, letter.left) - min(bar.right, letter.right)
    return rows <= reach and columns <= reach


def _is_alone(level: np.ndarray, bar: Mark) -> bool:
    """Return whether the only bar of an image is one grey level near the edge: no rod, whose greys
    vary, and no particle among others."""
    height, width = level.shape
    inner = level[bar.top + 1 : bar.bottom - 1, bar.left + 2 : bar.right - 2]
    is_flat = inner.size > 0 and float(inner.std()) <= FLAT
    low = min(bar.bottom, height - bar.top) <= CORNER_SHARE * height
    return is_flat and low and bar.width < 0.9 * width


def _boxes_behind(level: np.ndarray, written: list[Mark], inside: np.ndarray) -> list[Box]:
    """Return the filled rectangles of the opposite grey that some of the writing stands in."""
    if not written:
        return []
    ground = ((level >= 1 - NEAR) & inside).astype(np.uint8)
    contours, _ = cv2.findContours(ground, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lowest, narrowest = min(one.height for one in written), min(one.width for one in written)
    found = []
    for contour in contours:
        left, top, width, height = cv2.boundingRect(contour)
        if height < lowest or width < narrowest:
            continue
        box = Box(top, left, height, width)
        filled = cv2.contourArea(contour) + cv2.arcLength(contour, True) / 2 + 1
        is_box = filled >= BOX_FILL * width * height and width * height <= BOX_SHARE * level.size
        if is_box and any(box.holds(mark) for mark in written):
            found.append(box)
    return found
