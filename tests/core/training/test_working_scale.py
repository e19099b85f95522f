"""By how much images are enlarged for a network."""

from __future__ import annotations

import numpy as np
import pytest

from core.training.augmentation import IGNORED
from core.training.fine_tuning.images import Origin, TeachingImage
from core.training.fine_tuning.working_scale import mean_intercepts, working_scale


def image(phases: np.ndarray, instances: np.ndarray | None = None) -> TeachingImage:
    grey = np.zeros(phases.shape, np.uint8)
    return TeachingImage(grey, phases.astype(np.uint8), instances, Origin("a", "a"))


def squares(side: int, gap: int) -> np.ndarray:
    """Rows of squares of a phase 1, ``gap`` apart and from the border."""
    one = np.zeros((side + gap, side + gap))
    one[gap:, gap:] = 1
    return np.pad(np.tile(one, (4, 4)), ((0, gap), (0, gap)))


def test_squares_have_their_side_as_mean_intercept():
    found = mean_intercepts([image(squares(4, 8))], 3)
    assert found[1] == 4
    # Three whole gaps of 8 px lie between the squares of a row; rows without squares are cut by
    # the border, which most of the ground is.
    assert np.isnan(found[0]) and np.isnan(found[2])


def test_objects_that_touch_are_told_apart_where_the_labels_do():
    phases = np.zeros((9, 12))
    phases[3:6, 3:9] = 1
    ids = np.zeros((9, 12), np.uint16)
    ids[3:6, 3:6], ids[3:6, 6:9] = 1, 2
    # Rows of 6 px and columns of 3 px, as many pixels in both: 36 px in 3 + 6 runs.
    assert mean_intercepts([image(phases)], 2)[1] == 4
    assert mean_intercepts([image(phases, ids)], 2)[1] == 3


def test_the_ground_around_outlined_objects_is_no_small_structure():
    phases = np.full((64, 64), IGNORED)
    phases[17:47, 17:47] = 0
    phases[20:44, 20:44] = 1
    found = mean_intercepts([image(phases)], 2)
    assert found[1] == 24 and np.isnan(found[0])
    assert working_scale([image(phases)], 2) == 1


@pytest.mark.parametrize(("side", "scale"), [(2, 2.0), (4, 1.5), (6, 1.0), (20, 1.0)])
def test_small_objects_are_enlarged_until_they_have_6_px_or_twice(side: int, scale: float):
    assert working_scale([image(squares(side, 30))], 2) == scale


def test_a_model_that_enlarges_anyhow_and_large_images_are_left_alone():
    assert working_scale([image(squares(20, 30))], 2, usual=1.8) == 1.8
    large = np.tile(squares(4, 30)[:34, :34], (120, 120))
    # 4080 x 4080 px are 16.6 of at most 16.8 megapixels.
    assert working_scale([image(large)], 2) == 1
    assert working_scale([image(np.zeros((8, 8)))], 2) == 1
