"""Bending and charging: amplitudes that are known, labels that follow, untouched when off."""

from dataclasses import replace

import numpy as np
import pytest

from core.training.augmentation import Augmentation, Pair, random_crop
from core.training.distortions import bend, charging_streaks, displacement

STILL = Augmentation(
    scale=(1, 1),
    rotation_degrees=(0, 0),
    invert=0,
    gamma=(1, 1),
    contrast=(1, 1),
    brightness=(0, 0),
    blur=0,
    noise=0,
    shading=0,
)


def test_a_displacement_is_smooth_and_has_its_amplitude():
    field = displacement((96, 128), 5.0, np.random.default_rng(0))
    assert field.shape == (2, 96, 128) and field.dtype == np.float32
    assert np.abs(field).max() == pytest.approx(5)
    # Of a field that is correlated over 24 px, neighbours differ by much less than its amplitude.
    assert max(np.abs(np.diff(field, axis=axis)).max() for axis in (1, 2)) < 0.5


def test_labels_are_bent_with_the_image():
    image = np.zeros((96, 96), np.uint8)
    image[30:60, 20:70] = 200
    labels = (image > 0).astype(np.uint8)
    bent, followed = bend(image, labels, 6.0, np.random.default_rng(1))
    assert not np.array_equal(followed, labels)
    assert np.mean((bent > 100) == followed) > 0.995
    still, same = bend(image, labels, 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(still, image)
    np.testing.assert_array_equal(same, labels)


def test_streaks_run_along_the_scan_and_fade():
    for seed in range(20):
        added = charging_streaks((64, 80), (0.2, 0.2), np.random.default_rng(seed))
        rows = np.flatnonzero(added.any(axis=1))
        # At most 7 streaks of at most 3 rows each.
        assert 1 <= len(rows) <= 21
        assert np.abs(added).max() <= 7 * 0.2 + 1e-6
    one = added[rows[0]]
    assert np.count_nonzero(one) == 80 - np.flatnonzero(one)[0]


def test_both_are_off_unless_asked_for():
    labels = np.zeros((64, 64), np.uint8)
    labels[20:40, 20:40] = 1
    pair = Pair("square", (labels * 150 + 50).astype(np.uint8), labels)
    plain, same = random_crop(pair, 64, replace(STILL, on_object=0), np.random.default_rng(3))
    # Two grey levels, and what lies between them along a straight edge.
    assert round(255 * plain.min()) >= 50 and round(255 * plain.max()) <= 200
    assert same.sum() == labels.sum()
    asked = replace(STILL, on_object=0, elastic=1.0, elastic_px=(6, 6), streaks=1.0)
    image, bent = random_crop(pair, 64, asked, np.random.default_rng(3))
    assert len(np.unique(image)) > 10 and image.min() >= 0 and image.max() <= 1
    assert 0.5 < bent.sum() / labels.sum() < 1.5
