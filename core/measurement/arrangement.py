"""How objects lie to each other: nearest neighbours, and whether they cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from core.errors import DataError


def nearest_neighbours(places: np.ndarray) -> np.ndarray:
    """Return the distance (n,) from each of ``places`` (n, 2) to the nearest other, in their unit.

    Raises:
        DataError: fewer than two places.
    """
    if len(places) < 2:
        raise DataError(f"{len(places)} object has no neighbour; two are needed.")
    return cKDTree(places).query(places, k=2)[0][:, 1]


@dataclass(frozen=True)
class ClarkEvans:
    """Whether points are clustered (``ratio`` below 1), random (1) or regular (above 1).

    ``ratio``: mean distance to the nearest neighbour by that expected of random points.
    ``standard_error``: of the ratio for random points.
    """

    ratio: float
    standard_error: float

    @property
    def z(self) -> float:
        """How many standard errors the ratio is from 1."""
        return (self.ratio - 1) / self.standard_error

    @property
    def in_words(self) -> str:
        """What it says at the 5 % level: "clustered", "regular", "as random points"."""
        if abs(self.z) < 1.96:
            return "as random points"
        return "clustered" if self.ratio < 1 else "regular"


def clark_evans(distances: np.ndarray, area: float, perimeter: float) -> ClarkEvans:
    """Compare nearest-neighbour distances with those of random points in the same field.

    ``distances``: (n,) of :func:`nearest_neighbours`. ``area``, ``perimeter``: of the field, in the
    same unit. Points near the edge miss neighbours outside; the expectation is corrected for it.

    Source: Clark and Evans 1954, doi:10.2307/1931034; edge correction of Donnelly 1978, for n > 7.
    """
    count = len(distances)
    edge = perimeter / count
    expected = 0.5 * np.sqrt(area / count) + (0.0514 + 0.041 / np.sqrt(count)) * edge
    variance = 0.0703 * area / count**2 + 0.037 * perimeter * np.sqrt(area / count**5)
    return ClarkEvans(float(np.mean(distances) / expected), float(np.sqrt(variance) / expected))
