"""Bars side by side and rings: what the instances promise, on drawn images."""

import cv2
import numpy as np
import pytest

from core.synthesis.bars_and_rings import draw_bars, draw_rings


@pytest.mark.parametrize("draw", [draw_bars, draw_rings])
def test_the_same_seed_draws_the_same_image_with_its_instances(draw):
    for seed in range(20):
        image, instances = draw(np.random.default_rng(seed), 128)
        again = draw(np.random.default_rng(seed), 128)
        assert np.array_equal(image, again[0]) and np.array_equal(instances, again[1])
        assert image.dtype == np.float32 and 0 <= image.min() <= image.max() <= 1
        assert image.shape == instances.shape == (128, 128) and instances.max() > 0


def test_no_two_bars_touch():
    for seed in range(20):
        _, instances = draw_bars(np.random.default_rng(seed), 256)
        apart = cv2.connectedComponents((instances > 0).astype(np.uint8), connectivity=4)[0] - 1
        assert apart >= len(np.unique(instances)) - 1


def test_a_ring_encloses_its_inside():
    _, instances = draw_rings(np.random.default_rng(3), 256)
    whole = 0
    for number in np.unique(instances)[1:]:
        rows, columns = np.nonzero(instances == number)
        if min(rows.min(), columns.min()) == 0 or max(rows.max(), columns.max()) == 255:
            continue
        whole += 1
        width = np.ptp(columns) + 1
        # Off by at most a pixel all around.
        assert len(rows) == pytest.approx(np.pi / 4 * width**2, abs=np.pi / 2 * width)
    assert whole
