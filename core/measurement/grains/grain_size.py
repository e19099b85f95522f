"""Grain size: the mean lineal intercept, grains per area, and the ASTM grain size number G.

Formulas of ASTM E112-13 (with Jeffries' and Saltykov's counting rules) and ISO 643:2019; lengths
are measured on a closed network without width, where L / P and the mean chord are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DataError

LINES_EVERY_PX = 8


@dataclass(frozen=True)
class Intercepts:
    """Test lines across a grain map: ``length_px`` of all lines of each direction together, and
    ``crossings`` of boundaries: along rows and columns, or in the four directions of
    :mod:`core.measurement.grains.intercept_lines`. ``every_px``: distance between lines.
    ``spread``: standard deviation of the intercepts by their mean, nan for less than two.
    ``grains``: in the field, where they are known."""

    length_px: tuple[float, ...]
    crossings: tuple[int, ...]
    every_px: int = LINES_EVERY_PX
    spread: float = float("nan")
    grains: int | None = None

    @property
    def hits(self) -> int:
        """Crossings in all directions."""
        return sum(self.crossings)

    @property
    def mean_px(self) -> float:
        """L / P over all directions; nan where no boundary was crossed."""
        return sum(self.length_px) / self.hits if self.hits else float("nan")

    @property
    def independent(self) -> float:
        """Intercepts that count as independent: those of one direction, as lines of several cross
        the same grains, fewer where lines lie closer to each other than one intercept, and never
        more than there are grains."""
        count = self.hits / len(self.crossings) * min(1.0, self.every_px / self.mean_px)
        return count if self.grains is None else min(count, float(self.grains))

    @property
    def relative_error(self) -> float:
        """Half-width of the 95 % interval of the mean intercept by that mean, from counting alone;
        nan where it is unknown."""
        if not self.hits:
            return float("nan")
        return 1.96 * self.spread / float(np.sqrt(self.independent))

    @property
    def anisotropy(self) -> float:
        """Mean intercept along rows divided by that along columns; nan where one is unknown."""
        # Columns are the second of two directions, and the third of 0, 45, 90 and 135 degrees.
        up = len(self.crossings) // 2
        rows, columns = self.crossings[0], self.crossings[up]
        if not rows or not columns:
            return float("nan")
        return (self.length_px[0] / rows) / (self.length_px[up] / columns)


def intercepts(grains: np.ndarray, every_px: int = LINES_EVERY_PX) -> Intercepts:
    """Lay straight test lines over ``grains`` (H, W), along rows and along columns.

    A line's ends inside grains count as half an intercept each, so the mean is the length divided
    by the number of crossings (ASTM E112-13, Heyn's method, section 13). ``every_px``: distance
    between lines.

    Raises:
        DataError: fewer than one line fits.
    """
    if min(grains.shape) < 2 or every_px < 1:
        raise DataError(
            f"Test lines every {every_px} px cannot be laid over {grains.shape[0]} x "
            f"{grains.shape[1]} px."
        )
    first = min(every_px, *grains.shape) // 2
    rows, columns = grains[first::every_px], grains[:, first::every_px]
    return Intercepts(
        length_px=(
            float(rows.shape[0] * grains.shape[1]),
            float(columns.shape[1] * grains.shape[0]),
        ),
        crossings=(
            int(np.count_nonzero(np.diff(rows.astype(np.int64), axis=1))),
            int(np.count_nonzero(np.diff(columns.astype(np.int64), axis=0))),
        ),
        every_px=every_px,
        spread=_spread([*rows, *columns.T]),
    )


def _spread(lines: Sequence[np.ndarray]) -> float:
    """Return the relative standard deviation of the intercepts that lie wholly on ``lines``."""
    inside = [np.diff(np.flatnonzero(np.diff(line.astype(np.int64)))) for line in lines]
    lengths = np.concatenate(inside)
    return float(lengths.std() / lengths.mean()) if len(lengths) > 1 else float("nan")


@dataclass(frozen=True)
class GrainCount:
    """``inside``: grains wholly in the field, ``cut``: by its edge but no corner, ``corners``: that
    hold a corner. ``area_px``: of the field."""

    inside: int
    cut: int
    corners: int
    area_px: int

    @property
    def equivalent(self) -> float:
        """Grains in the field: inside + half of those cut + 1 for the four corners, a quarter each
        (Saltykov's rectangle, ASTM E112-13 section 11)."""
        return equivalent_count(self.inside, self.cut, self.corners)


def equivalent_count(inside: int, cut: int, corners: int) -> float:
    """Return N_inside + N_cut / 2 + N_corner / 4; for a circle (Jeffries) ``corners`` is 0."""
    return inside + cut / 2 + corners / 4


def count_grains(grains: np.ndarray) -> GrainCount:
    """Count the grains of a map (H, W) of positive ids; see :class:`GrainCount`."""
    ids = set(np.unique(grains).tolist()) - {0}
    at_corners = [grains[row, column] for row in (0, -1) for column in (0, -1)]
    edges = np.concatenate([grains[0], grains[-1], grains[:, 0], grains[:, -1]])
    cut = set(np.unique(edges).tolist()) - {0} - set(map(int, at_corners))
    corners = set(map(int, at_corners)) - {0}
    return GrainCount(len(ids - cut - corners), len(cut), len(corners), grains.size)


CIRCLE = 0.95
"""Diameter of Jeffries' circle by the shorter side of the field."""


def circle_in(shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels (H, W) bool of Jeffries' circle in the middle of a field."""
    down, right = (np.arange(side) - (side - 1) / 2 for side in shape)
    return down[:, None] ** 2 + right**2 <= (CIRCLE * min(shape) / 2) ** 2


def count_in_circle(grains: np.ndarray) -> GrainCount:
    """Count the grains of a map (H, W) of positive ids, 0 = not image, in Jeffries' circle."""
    circle = circle_in(grains.shape)
    within, beyond = set(np.unique(grains[circle])) - {0}, set(np.unique(grains[~circle]))
    cut = len(within & beyond)
    area = int(np.count_nonzero(circle & (grains > 0)))
    return GrainCount(len(within) - cut, cut, 0, area)


def g_from_intercept(mean_intercept_mm: float) -> float:
    """Return ASTM G = -6.643856 log10(l / mm) - 3.288 (E112-13 table 4)."""
    return -6.643856 * _log10(mean_intercept_mm, "mean intercept", "mm") - 3.288


def g_from_count(grains_per_mm2: float) -> float:
    """Return ASTM G = 3.321928 log10(N_A mm^2) - 2.954 (E112-13 section 11)."""
    return 3.321928 * _log10(grains_per_mm2, "number of grains per area", "1/mm2") - 2.954


def g_from_area(mean_area_mm2: float) -> float:
    """Return ASTM G from the mean grain area, the reciprocal of the number per area."""
    return -3.321928 * _log10(mean_area_mm2, "mean grain area", "mm2") - 2.954


def intercept_of_g(number: float) -> float:
    """Return the mean intercept in mm of an ASTM G; see :func:`g_from_intercept`."""
    return float(10 ** (-(number + 3.288) / 6.643856))


def count_of_g(number: float) -> float:
    """Return the grains per mm2 of an ASTM G; see :func:`g_from_count`."""
    return float(10 ** ((number + 2.954) / 3.321928))


def g_iso643(grains_per_mm2: float) -> float:
    """Return the index of ISO 643, log2(m) - 3: 0.046 below ASTM's."""
    return _log10(grains_per_mm2, "number of grains per area", "1/mm2") / np.log10(2) - 3


def _log10(value: float, name: str, unit: str) -> float:
    if not value > 0:
        raise DataError(f"The {name} is {value:g} {unit}; it must be above 0 for a grain size.")
    return float(np.log10(value))
