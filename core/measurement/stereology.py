"""Area fraction, points and lines of a phase on a plane section: what ASTM E562 and E1245 count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.image_size import width_x_height


@dataclass(frozen=True)
class PhaseOnLines:
    """A phase along all rows and columns of pixels, as test lines (ASTM E1245).

    ``area_fraction``: in [0, 1], of the measurable pixels. ``per_length``: intercepts of the phase
    per px of line, N_L.
    """

    area_fraction: float
    per_length: float

    @property
    def mean_intercept_px(self) -> float | None:
        """Mean length of the phase along a line, A_A / N_L; None without the phase."""
        return self.area_fraction / self.per_length if self.per_length else None

    @property
    def mean_free_path_px(self) -> float | None:
        """Mean distance along a line from one region of the phase to the next,
        (1 - A_A) / N_L; None without the phase."""
        return (1 - self.area_fraction) / self.per_length if self.per_length else None


def phase_on_lines(mask: np.ndarray, measurable: np.ndarray) -> PhaseOnLines:
    """Count a phase along rows and columns.

    An intercept that an end of the line cuts counts half, so that the mean is not biased by the
    field's size. ``mask``, ``measurable``: (H, W) bool.

    Raises:
        DataError: no pixel is measurable.
    """
    pixels = np.count_nonzero(measurable)
    if not pixels:
        raise DataError("No pixel of the image can be measured: make the info bar smaller.")
    inside = mask & measurable
    ends = sum(_ends(inside, measurable, axis) for axis in (0, 1))
    return PhaseOnLines(np.count_nonzero(inside) / pixels, ends / 2 / (2 * pixels))


def _ends(inside: np.ndarray, measurable: np.ndarray, axis: int) -> int:
    """Return how often the phase begins or ends along an axis within what is measurable."""
    one, other = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
    both = measurable[one] & measurable[other]
    return int(np.count_nonzero((inside[one] != inside[other]) & both))


@dataclass(frozen=True, eq=False)
class PointCount:
    """A grid of points over a field (ASTM E562). ``places``: (n, 2) (row, column) in px, at corners
    of pixels. ``counts``: (n,) 1 in the phase, 0.5 on its boundary, 0 outside."""

    places: np.ndarray
    counts: np.ndarray

    @property
    def fraction(self) -> float:
        """P_P, in [0, 1]."""
        return float(self.counts.mean())


def count_points(mask: np.ndarray, measurable: np.ndarray, points: int) -> PointCount:
    """Lay a grid of ``points`` x ``points`` over a field and count those in the phase.

    Points lie at corners of pixels: one whose four pixels are not alike is on the boundary and
    counts half (ASTM E562-19, section 11). Points that touch no measurable pixel are left out.
    ``mask``, ``measurable``: (H, W) bool.

    Raises:
        DataError: more points than pixels, none, or none on the image.
    """
    height, width = mask.shape
    if not 1 <= points < min(mask.shape):
        raise DataError(
            f"A grid of {points} x {points} points was asked for on "
            f"{width_x_height(mask.shape)} px; give 1 to {min(mask.shape) - 1}."
        )
    rows, columns = (
        np.round((np.arange(points) + 0.5) * side / points).astype(np.int64)
        for side in (height, width)
    )
    down, right = (one.ravel() for one in np.meshgrid(rows, columns, indexing="ij"))
    around = [(down - a, right - b) for a in (0, 1) for b in (0, 1)]
    usable = np.all([measurable[place] for place in around], axis=0)
    if not usable.any():
        raise DataError("No point of the grid lies on the image: make the info bar smaller.")
    inside = np.sum([mask[place] for place in around], axis=0)[usable]
    counts = np.where(inside == 4, 1.0, np.where(inside == 0, 0.0, 0.5))
    return PointCount(np.column_stack([down, right])[usable] - 0.5, counts)
