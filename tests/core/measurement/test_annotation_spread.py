"""Two annotations compared: squares and discs whose overlap and distance are known."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.measurement.annotation_spread import annotation_spread


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_the_same_mask_twice_has_no_spread():
    mask = square(10, 10, 20) | square(10, 50, 12)
    spread = annotation_spread(mask, mask)
    assert (spread.dice, spread.iou) == (1, 1)
    assert (spread.boundary_px, spread.boundary_95_px) == (0, 0)
    assert spread.objects == (2, 2) and spread.matched == 2
    assert spread.diameter_difference == 0


def test_a_larger_outline_is_one_pixel_away_everywhere():
    spread = annotation_spread(square(10, 10, 20), square(9, 9, 22))
    assert spread.dice == pytest.approx(2 * 400 / (400 + 484))
    assert spread.iou == pytest.approx(400 / 484)
    # 76 pixels inside and 80 along the sides outside lie 1 px off, the 4 corners sqrt(2).
    assert spread.boundary_px == pytest.approx((76 + 80 + 4 * np.sqrt(2)) / 160, rel=1e-4)
    assert spread.boundary_95_px == pytest.approx(1)
    assert spread.diameter_px == pytest.approx((2 * 20 / np.sqrt(np.pi), 2 * 22 / np.sqrt(np.pi)))
    assert spread.diameter_difference == pytest.approx(2 / 21)


def test_what_one_hand_left_out_is_not_matched():
    both, one = square(10, 10, 20) | square(40, 60, 10), square(10, 10, 20)
    first, second = annotation_spread(both, one), annotation_spread(one, both)
    assert first.objects == (2, 1) and second.objects == (1, 2)
    assert first.matched == second.matched == 1
    assert first.boundary_px == pytest.approx(second.boundary_px)
    assert first.dice == second.dice == pytest.approx(2 * 400 / 900)


def test_an_object_cut_by_the_edge_has_no_diameter():
    spread = annotation_spread(square(0, 10, 20), square(0, 10, 20))
    assert np.isnan(spread.diameter_px).all()


def test_masks_that_cannot_be_compared_are_refused():
    with pytest.raises(DataError, match="first mask is 80 x 60 px and the second mask 80 x 59 px"):
        annotation_spread(square(0, 0, 5), square(0, 0, 5)[:-1])
    with pytest.raises(DataError, match="empty"):
        annotation_spread(square(0, 0, 5), square(0, 0, 0))
