"""Where test lines cross the boundaries of a grain map.

On a closed network without width a crossing is a change of grain, so the mean intercept is the
length of the lines divided by the number of crossings: ends inside grains need no half counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.measurement.grains.intercept_lines import InterceptLine

# Along a line that nearly touches a boundary, steps of the raster look like crossings there and
# back again.
FLICKER_PX = 2.0


@dataclass(frozen=True, eq=False)
class LineIntercepts:
    """What test lines cross.

    ``lines``: in order. ``lengths_px``: (l,) of each on grains. ``line``: (n,) index of the line of
    each hit. ``places``: (n, 2) (row, column) in px of each hit. ``kept``: (n,) bool, False of hits
    that were removed. ``chords_px``: (m,) of the intercepts that lie wholly on a line; those of
    :func:`cross_boundaries` end at the boundary's rim. ``spacing_px``: between parallel lines; None
    of circles. ``grains``: in the field, where they are known.
    """

    lines: tuple[InterceptLine, ...]
    lengths_px: np.ndarray
    line: np.ndarray
    places: np.ndarray
    kept: np.ndarray
    chords_px: np.ndarray
    spacing_px: float | None
    grains: int | None = None

    @property
    def hits(self) -> int:
        """How many count."""
        return int(np.count_nonzero(self.kept))

    @property
    def mean_px(self) -> float | None:
        """L / P over all lines; None without a hit."""
        return float(self.lengths_px.sum()) / self.hits if self.hits else None

    def hits_along(self, direction: int) -> int:
        """Return how many count on lines of one direction."""
        return int(np.count_nonzero(self.kept & self._along(direction)[self.line]))

    def mean_along_px(self, direction: int) -> float | None:
        """Return L / P of the lines of one direction; None without a hit."""
        hits = self.hits_along(direction)
        return self.length_along_px(direction) / hits if hits else None

    def length_along_px(self, direction: int) -> float:
        """Return how long the lines of one direction are together, on grains."""
        return float(self.lengths_px[self._along(direction)].sum())

    def _along(self, direction: int) -> np.ndarray:
        return np.array([line.direction == direction for line in self.lines], bool)

    @property
    def spread(self) -> float | None:
        """Standard deviation of the intercepts by their mean; None of fewer than two."""
        if len(self.chords_px) < 2:
            return None
        return float(self.chords_px.std() / self.chords_px.mean())

    @property
    def independent(self) -> float:
        """How many hits count as independent: lines of several directions cross the same grains,
        lines closer to each other than one intercept cross them again, and a circle turns back to
        those that it crossed; never more than there are grains.

        Circles count half: of fields of Voronoi cells 95 % then lie within the interval.
        """
        count = float(self.hits)
        if any(line.direction is None for line in self.lines):
            count /= 2
        elif self.spacing_px is not None and self.mean_px is not None:
            directions = len({line.direction for line in self.lines})
            count *= min(1.0, self.spacing_px / self.mean_px) / directions
        return count if self.grains is None else min(count, float(self.grains))

    @property
    def relative_error(self) -> float | None:
        """Half-width of the 95 % interval of the mean intercept by that mean, from counting in this
        field alone; None where it is unknown."""
        if self.spread is None or not self.hits:
            return None
        return 1.96 * self.spread / float(np.sqrt(self.independent))


def cross(
    grains: np.ndarray,
    lines: Sequence[InterceptLine],
    removed: Sequence[int] = (),
    spacing_px: float | None = None,
) -> LineIntercepts:
    """Find where ``lines`` cross from one grain to the next.

    ``grains``: (H, W) ids that fill the field; 0 = not image, where lines do not count.
    ``removed``: indices of hits that do not count.
    """
    found = _crossed([_along(grains, line) for line in lines], lines, removed, spacing_px)
    return replace(found, grains=int(np.count_nonzero(np.bincount(grains.ravel())[1:])))


def cross_boundaries(
    boundary: np.ndarray,
    lines: Sequence[InterceptLine],
    removed: Sequence[int] = (),
    spacing_px: float | None = None,
) -> LineIntercepts:
    """Find where ``lines`` cross boundaries that have a width and may have gaps.

    Each unbroken stretch of ``boundary`` (H, W) bool on a line is one hit, at its middle. L / P
    then goes from middle to middle; the chords go from rim to rim, and are shorter by the
    boundary's width.
    """
    return _crossed([_through(boundary, line) for line in lines], lines, removed, spacing_px)


@dataclass(frozen=True, eq=False)
class _OneLine:
    """Length in px, places of the hits (n, 2), and intercepts (m,) in px of one line."""

    length: float
    places: np.ndarray
    chords: np.ndarray


def _crossed(
    found: Sequence[_OneLine],
    lines: Sequence[InterceptLine],
    removed: Sequence[int],
    spacing_px: float | None,
) -> LineIntercepts:
    places = np.concatenate([np.empty((0, 2)), *(one.places for one in found)])
    kept = np.ones(len(places), bool)
    kept[[one for one in removed if 0 <= one < len(places)]] = False
    return LineIntercepts(
        lines=tuple(lines),
        lengths_px=np.array([one.length for one in found]),
        line=np.repeat(np.arange(len(lines)), [len(one.places) for one in found]),
        places=places,
        kept=kept,
        chords_px=np.concatenate([np.empty(0), *(one.chords for one in found)]),
        spacing_px=spacing_px,
    )


def _along(grains: np.ndarray, line: InterceptLine) -> _OneLine:
    ids, points = _values(grains, line).astype(np.int64), line.points
    if line.direction is None:
        ids, points = _from_the_longest(ids, points)
    ids = _steady(ids, int(np.ceil(FLICKER_PX / line.step_px)))
    known = ids > 0
    changes = np.flatnonzero((np.diff(ids) != 0) & known[1:] & known[:-1])
    chords = np.diff(changes)
    if line.direction is None and known.all() and changes.size:
        chords = np.append(chords, changes[0] + len(ids) - 1 - changes[-1])
    return _OneLine(
        line.step_px * np.count_nonzero(known[: _samples(line)]),
        (points[changes] + points[changes + 1]) / 2,
        chords * line.step_px,
    )


def _through(boundary: np.ndarray, line: InterceptLine) -> _OneLine:
    inside, points = _values(boundary, line).astype(np.int8), line.points
    is_circle = line.direction is None
    if is_circle:
        inside, points = _from_the_longest(inside, points, 0)
        inside = inside[:-1]
    edges = np.diff(np.pad(inside, 1))
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    gaps = begin[1:] - end[:-1]
    if is_circle and len(begin):
        apart = gaps * line.step_px >= FLICKER_PX
        begin, end = begin[np.append(True, apart)], end[np.append(apart, True)]
        # The first grain is the one around the seam.
        gaps = np.append(gaps[apart], begin[0] + len(inside) - end[-1])
    return _OneLine(
        line.step_px * _samples(line), points[(begin + end - 1) // 2], gaps * line.step_px
    )


def _from_the_longest(
    values: np.ndarray, points: np.ndarray, of: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``values`` (n,) and ``points`` (n, 2) of a circle, whose last is its first, turned so
    that they begin with the longest stretch of one value; ``of``: of this value only."""
    values, points = values[:-1], points[:-1]
    begin = np.flatnonzero(values != np.roll(values, 1))
    lengths = np.diff(np.append(begin, begin[:1] + len(values)))
    if of is not None:
        lengths = np.where(values[begin] == of, lengths, 0)
    shift = -int(begin[lengths.argmax()]) if begin.size else 0
    values, points = np.roll(values, shift), np.roll(points, shift, axis=0)
    return np.append(values, values[0]), np.append(points, points[:1], axis=0)


def _values(image: np.ndarray, line: InterceptLine) -> np.ndarray:
    row, column = np.rint(line.points).astype(np.int64).T
    return image[row, column]


def _samples(line: InterceptLine) -> int:
    """Return how many points count; the last of a circle is its first."""
    return len(line.points) - (line.direction is None)


def _steady(ids: np.ndarray, fewest: int) -> np.ndarray:
    """Return ids along a line without stretches of fewer than ``fewest`` samples that lie between
    two stretches of one and the same grain."""
    begin = np.concatenate([[0], np.flatnonzero(np.diff(ids)) + 1])
    length = np.diff(np.append(begin, len(ids)))
    steady = ids.copy()
    for index in range(1, len(begin) - 1):
        before, after = begin[index] - 1, begin[index] + length[index]
        if length[index] < fewest and steady[before] == ids[after]:
            steady[begin[index] : after] = steady[before]
    return steady
