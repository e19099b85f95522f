"""Objects from a phase: counts, holes and necks known from how the image was drawn."""

import time
from dataclasses import replace

import numpy as np
import pytest

from core.errors import LamellaError
from core.segmentation.objects.instances import separate_objects
from core.segmentation.settings import ObjectSettings

EVERYTHING = ObjectSettings(split=0.5, minimum_area_px=1)


def discs(shape, *circles):
    """Draw discs (row, column, radius) as phase 1."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    inside = [(row - r) ** 2 + (column - c) ** 2 <= radius**2 for r, c, radius in circles]
    return np.any(inside, axis=0).astype(np.uint8)


def areas(objects):
    return np.bincount(objects.ravel())[1:].tolist()


def test_numbers_follow_the_first_pixel():
    labels = np.zeros((8, 9), np.uint8)
    labels[5, 1], labels[2:4, 6:8], labels[1, 3] = 2, 2, 2
    labels[7, 7] = 1
    objects = separate_objects(labels, 2, EVERYTHING)
    assert objects.dtype == np.uint32
    assert (objects[1, 3], objects[2, 6], objects[5, 1]) == (1, 2, 3)
    assert areas(objects) == [1, 4, 1]


@pytest.mark.parametrize("angle", [0, 20, 22.5, 37, 45, 90])
@pytest.mark.parametrize("radii", [(15, 15), (20, 9)])
def test_touching_discs_are_cut_at_the_neck(angle, radii):
    direction = np.array([np.sin(np.radians(angle)), np.cos(np.radians(angle))])
    there = 40 + direction * (sum(radii) - 1)
    labels = discs((90, 90), (40, 40, radii[0]), (*there, radii[1]))
    objects = separate_objects(labels, 1, replace(EVERYTHING, fill_holes=False))
    assert sorted(areas(objects)) == pytest.approx(
        sorted(np.pi * radius**2 for radius in radii), rel=0.05
    )
    assert np.array_equal(objects > 0, labels == 1)


def test_the_split_setting_decides_which_neck_is_cut():
    # Distance of the centres 1.2 radii: the neck is 0.8 of the diameter.
    labels = discs((60, 90), (30, 30, 20), (30, 54, 20))
    count = [
        separate_objects(labels, 1, replace(EVERYTHING, split=split)).max()
        for split in (0.0, 0.2, 0.35, 0.5, 0.7, 1.0)
    ]
    # 1 - (1 - split)**3 passes 0.8 at split = 0.415.
    assert count == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("split", [0, 0.5, 0.9, 1])
def test_one_convex_object_stays_whole(split):
    row, column = np.mgrid[:120, :160]
    right, down = column - 80, row - 60
    along, across = right * 0.94 + down * 0.342, -right * 0.342 + down * 0.94
    ellipse = ((along / 60) ** 2 + (across / 20) ** 2 <= 1).astype(np.uint8)
    rod = ((np.abs(along) <= 60) & (np.abs(across) <= 6)).astype(np.uint8)
    for labels in (ellipse, rod):
        settings = replace(EVERYTHING, split=split)
        assert areas(separate_objects(labels, 1, settings)) == [labels.sum()]


@pytest.mark.parametrize("split", [0, 0.5])
def test_rings_are_filled_only_when_asked(split):
    ring = discs((50, 50), (25, 25, 20)) - discs((50, 50), (25, 25, 14))
    filled = separate_objects(ring, 1, replace(EVERYTHING, split=split))
    assert areas(filled) == [discs((50, 50), (25, 25, 20)).sum()]
    hollow = separate_objects(ring, 1, ObjectSettings(split=0, fill_holes=False))
    assert areas(hollow) == [ring.sum()]


def test_a_gap_between_particles_stays_open():
    angles = np.radians(np.arange(0, 360, 60))
    labels = discs((100, 100), *((50 + 29 * np.sin(a), 50 + 29 * np.cos(a), 15) for a in angles))
    objects = separate_objects(labels, 1, EVERYTHING)
    assert objects.max() == 6
    assert objects[50, 50] == 0
    assert np.array_equal(objects > 0, labels == 1)


def test_a_hole_open_to_the_edge_is_no_hole():
    labels = np.ones((20, 20), np.uint8)
    labels[8:12, 15:] = 0
    assert areas(separate_objects(labels, 1, replace(EVERYTHING, split=0))) == [380]


def test_small_objects_are_dropped_after_filling():
    ring = np.zeros((12, 30), np.uint8)
    ring[2:7, 2:7] = 1
    ring[3:6, 3:6] = 0
    ring[2:6, 20:26] = 1
    assert areas(separate_objects(ring, 1, ObjectSettings(minimum_area_px=25))) == [25]
    assert areas(separate_objects(ring, 1, ObjectSettings(minimum_area_px=24))) == [25, 24]


@pytest.mark.parametrize("labels", [np.zeros((16, 16), np.uint8), np.ones((16, 16), np.uint8)])
def test_an_image_of_one_phase(labels):
    objects = separate_objects(labels, 1, ObjectSettings())
    assert objects.shape == labels.shape
    assert np.array_equal(objects, labels)


def test_noise_gives_the_same_objects_twice_and_loses_no_pixel():
    labels = (np.random.default_rng(0).random((200, 201)) < 0.6).astype(np.uint8)
    settings = replace(EVERYTHING, split=1, fill_holes=False)
    first, second = (separate_objects(labels, 1, settings) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(first > 0, labels == 1)


def test_wrong_settings_are_told():
    labels = np.zeros((4, 4), np.uint8)
    with pytest.raises(LamellaError, match="split setting is 1.5"):
        separate_objects(labels, 1, ObjectSettings(split=1.5))
    with pytest.raises(LamellaError, match="minimum area is -1"):
        separate_objects(labels, 1, ObjectSettings(minimum_area_px=-1))


def test_a_large_field_takes_seconds():
    tile = discs((64, 64), (20, 20, 18), (44, 44, 18))
    labels = np.tile(tile, (32, 32))
    start = time.process_time()
    objects = separate_objects(labels, 1, ObjectSettings())
    assert objects.max() == 2 * 32 * 32
    assert time.process_time() - start < 5
