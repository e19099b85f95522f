"""Fringes of a crystal's lattice, of which the range of greys leaves pieces of black and white."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.segmentation.annotations.drawn_marks import Mark

SLENDER = 3.0
"""Least length of a mere stroke by its width, however it is turned: of an l it is about 5, of a
bracket 4, of a fringe 5 and more, of an n 1."""
PARALLEL_DEGREES, BESIDE, REACH = 15.0, 3, 2.0
"""How far the directions of fringes may differ, how many others lie beside each, and how far away,
in its lengths."""


def has_fringes(marks: Sequence[Mark]) -> bool:
    """Return whether some of the ``marks`` are fringes: strokes that lie side by side in one
    direction, as those of letters do not. Brackets do, but only two to a letter."""
    slender = [mark for mark in marks if mark.ratio >= SLENDER]
    if len(slender) <= BESIDE:
        return False
    row = np.array([mark.top + mark.height / 2 for mark in slender])
    column = np.array([mark.left + mark.width / 2 for mark in slender])
    degrees = np.array([mark.degrees for mark in slender])
    for index, mark in enumerate(slender):
        near = np.hypot(row - row[index], column - column[index]) <= REACH * mark.length
        turned = np.abs(degrees - degrees[index])
        parallel = np.minimum(turned, 180 - turned) <= PARALLEL_DEGREES
        # Itself among them.
        if np.count_nonzero(near & parallel) > BESIDE:
            return True
    return False
