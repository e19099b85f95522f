"""What layers, cracks and fibres share: means along lines, tables, and lines to be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from core.fields.result import DrawnLine
from core.fields.view import View
from core.measurement.medial_axis import Branch
from core.measurement.thickness import Profile

DRAWN_EVERY = 40
"""Thickness lines drawn along one axis, at most."""


def weighted_mean(
    values: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, tuple[float, float] | None]:
    """Return the mean of things (n,) and its 95 % interval from their scatter, each with its weight
    (n,); no interval of a single one. The error is that of a ratio of sums."""
    used = np.ones(len(values)) if weights is None else weights
    mean = float(np.average(values, weights=used))
    if len(values) < 2:
        return mean, None
    error = np.sqrt((used**2 * (values - mean) ** 2).sum()) / used.sum()
    reach = 1.96 * float(error * np.sqrt(len(values) / (len(values) - 1)))
    return mean, (mean - reach, mean + reach)


def long_things(
    view: View, branches: Sequence[Sequence[Branch]], columns: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """Return a table of cracks or fibres: a number, a place on each, then ``columns``.

    ``branches``: of each thing; its place is the middle of the first.
    """
    middles = [one[0].points[len(one[0].points) // 2] for one in branches]
    places = view.in_image(np.array(middles).reshape(-1, 2))
    return pd.DataFrame(
        {
            "id": np.arange(len(branches)) + 1,
            "row_px": places[:, 0],
            "column_px": places[:, 1],
            **columns,
        }
    )


def axis_lines(view: View, branches: Sequence[Branch]) -> Iterator[DrawnLine]:
    """Yield the medial axis as it is drawn."""
    for one in branches:
        yield DrawnLine("medial axis", view.in_image(one.points))


def thickness_lines(view: View, found: Profile, most: int = DRAWN_EVERY) -> Iterator[DrawnLine]:
    """Yield some of the lines that thickness was measured along, evenly spread."""
    count = len(found.sides)
    for index in np.unique(np.linspace(0, count - 1, min(most, count)).astype(int)):
        yield DrawnLine("thickness", view.in_image(found.sides[index]))
