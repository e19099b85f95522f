"""Grains from probabilities: squares with strong and weak borders, gaps, slivers, nothing."""

import numpy as np
import pytest

from core.segmentation.grains.merging import grains_from_probability


def squares(cells: int = 4, side: int = 32, strength: float = 0.9) -> np.ndarray:
    place = np.indices((cells * side, cells * side))
    near = np.minimum(place % side, side - 1 - place % side) < 2
    near &= (place >= side / 2) & (place < cells * side - side / 2)
    return np.where(near.any(0), strength, 0.02).astype(np.float32)


def test_squares_come_back_as_squares():
    grains = grains_from_probability(squares())
    assert grains.min() == 1 and grains.max() == 16
    sizes = np.bincount(grains.ravel())[1:]
    assert np.abs(sizes - 32**2).max() <= 64
    assert len(np.unique(grains[16::32, 16::32])) == 16


def test_borders_that_are_hardly_believed_are_taken_away():
    weak, half = squares(strength=0.45), squares()
    half[:, :64] = weak[:, :64]
    assert grains_from_probability(weak, believed=0.1).max() == 16
    assert grains_from_probability(weak, believed=0.5).max() == 1
    # On the left one field of 8 squares is left, on the right all stay.
    assert grains_from_probability(half, believed=0.5).max() == 9


def test_a_gap_in_a_border_is_closed():
    gap = squares()
    gap[12:20, 28:36] = 0.4
    assert grains_from_probability(gap).max() == 16


def test_a_sliver_goes_to_the_neighbour_with_the_weaker_border():
    probability = np.full((64, 128), 0.02, np.float32)
    probability[:, 56:60] = 0.95
    probability[:, 70:74] = 0.6
    assert grains_from_probability(probability, smallest=0).max() == 3
    grains = grains_from_probability(probability, smallest=0.3)
    assert grains.max() == 2
    assert grains[32, 65] == grains[32, 100] != grains[32, 20]


@pytest.mark.parametrize("level", [0.0, 0.29, 0.31, 1.0])
def test_an_even_image_is_one_grain(level):
    assert (grains_from_probability(np.full((40, 40), level, np.float32)) == 1).all()


def test_the_middle_of_a_wide_band_is_the_border():
    probability = np.full((64, 80), 0.02, np.float32)
    probability[:, 28:52] = 0.5 - 0.02 * np.abs(np.arange(28, 52) - 39.5)
    grains = grains_from_probability(probability)
    assert grains.max() == 2
    border = np.flatnonzero(np.diff(grains[32].astype(int)))
    assert border == pytest.approx([39], abs=1.5)
