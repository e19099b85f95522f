"""Crowded particles: what the instances promise, on drawn images."""

import numpy as np
import pytest

from core.synthesis.annotations import annotate
from core.synthesis.crowds import Outline, draw_crowd

NONE = np.empty(0)


def test_the_same_seed_draws_the_same():
    one, other = (draw_crowd(np.random.default_rng(5), 96) for _ in range(2))
    assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])


def test_what_is_drawn_is_an_image_and_its_instances():
    counts = []
    for seed in range(30):
        image, instances = draw_crowd(np.random.default_rng(seed), 128)
        assert image.shape == instances.shape == (128, 128)
        assert image.dtype == np.float32 and 0 <= image.min() <= image.max() <= 1
        counts.append(len(np.unique(instances)) - 1)
    # One in ten is empty; the others range from a few large particles to a raft of small ones.
    assert 0 in counts and max(counts) > 100


@pytest.mark.parametrize(
    ("outline", "area"),
    [
        (Outline(10, 1, 0.3, 2, NONE, NONE), np.pi * 100),
        (Outline(10, 2, 0.3, 2, NONE, NONE), 2 * np.pi * 100),
        (Outline(10, 3, 1.1, 0, NONE, NONE), np.pi * 100 + 20 * 40),
        (Outline(10, 1, 0, 60, NONE, NONE), 400),
    ],
)
def test_outlines_have_the_area_of_their_formula(outline, area):
    rows, columns = np.mgrid[-40:41, -40:41].astype(float)
    assert (outline.gauge(rows, columns) <= 1).sum() == pytest.approx(area, rel=0.05)


def test_annotations_leave_most_of_the_image_alone():
    random = np.random.default_rng(3)
    grey = np.full((128, 128), 0.5, np.float32)
    changed = [(np.abs(annotate(grey, random) - grey) > 0.1).mean() for _ in range(20)]
    assert min(changed) > 0 and np.median(changed) < 0.15
