"""Distances are the correctly rounded roots of whole numbers, wherever the mask lies in memory."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from core.pixels.distance import distance_inside


def test_distances_are_exact_to_the_last_bit() -> None:
    random = np.random.default_rng(0)
    for side in range(20, 80):
        mask = (random.random((side, side + 7)) > 0.004).astype(np.uint8)
        squares = np.rint(distance_transform_edt(mask) ** 2).astype(np.float32)
        np.testing.assert_array_equal(distance_inside(mask), np.sqrt(squares))


def test_without_a_zero_the_distance_has_a_bound() -> None:
    np.testing.assert_array_equal(distance_inside(np.ones((3, 5), np.uint8)), np.full((3, 5), 8.0))
