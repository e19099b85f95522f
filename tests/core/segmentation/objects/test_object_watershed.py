"""Objects from contact and normalized distance: what a perfect network would say of known disks."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import LamellaError
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.training.object_targets import contact_line, normalized_distance

EVERYTHING = ObjectSettings(split=0.5, minimum_area_px=1)


def disks(shape, *circles):
    """Draw disks (row, column, radius), later ones on top."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    instances = np.zeros(shape, np.uint16)
    for number, (r, c, radius) in enumerate(circles, start=1):
        instances[(row - r) ** 2 + (column - c) ** 2 <= radius**2] = number
    return instances


def raft(diameter, pitch):
    """Return 25 disks in five rows that stand on the gaps of the row before."""
    radius = diameter / 2
    centres = [
        (radius + 4 + row * pitch * 0.75**0.5, radius + 4 + (column + row % 2 / 2) * pitch, radius)
        for row in range(5)
        for column in range(5)
    ]
    side = int(6 * max(pitch, diameter)) + 8
    return disks((side, side), *centres)


def separated(instances, settings=EVERYTHING):
    return separate_by_distance(
        instances > 0,
        contact_line(instances).astype(np.float16),
        normalized_distance(instances).astype(np.float16),
        settings,
    )


@pytest.mark.parametrize("diameter", [12, 25, 50, 100])
@pytest.mark.parametrize("gap", [2, 0, -0.05])
def test_a_raft_comes_apart_into_its_disks(diameter, gap):
    pitch = diameter + (gap if gap >= 0 else gap * diameter)
    instances = raft(diameter, pitch)
    objects = separated(instances)
    assert objects.max() == 25
    for number in range(1, 26):
        of_one = objects[instances == number]
        assert np.bincount(of_one).max() >= 0.9 * len(of_one)


def test_two_unequal_disks_that_overlap_far_are_cut_along_the_contact():
    instances = disks((90, 120), (45, 40, 30), (45, 66, 12))
    objects = separated(instances)
    assert objects.max() == 2
    assert (objects == 2).sum() == pytest.approx((instances == 2).sum(), rel=0.12)


def test_a_long_rod_stays_whole():
    instances = np.zeros((40, 240), np.uint16)
    instances[12:28, 10:230] = 1
    assert separated(instances, replace(EVERYTHING, split=0.9)).max() == 1


def test_split_moves_from_together_to_every_hint():
    mask = np.ones((20, 200), bool)
    # Three peaks of 1, 0.8 and 0.5, each 20 px wide like the passes of 0.56 and 0.2 between them,
    # which smoothing therefore leaves alone: ratios to the lower peak of 0.7 and 0.4. Above 0.5, a
    # split of 0.8 cuts below 0.65 of the lower peak and one of 1 below 0.75.
    at = [0, 10, 30, 50, 70, 90, 110, 130, 150, 170, 190]
    height = [0.1, 1, 1, 0.56, 0.56, 0.8, 0.8, 0.2, 0.2, 0.5, 0.5]
    distance = np.tile(np.interp(np.arange(200), at, height), (20, 1))
    nothing = np.zeros_like(distance)
    counts = [
        separate_by_distance(mask, nothing, distance, replace(EVERYTHING, split=split)).max()
        for split in (0.0, 0.35, 0.45, 0.8, 0.95, 1.0)
    ]
    assert counts == [1, 1, 2, 2, 3, 3]


def test_contact_alone_cuts():
    mask = np.ones((30, 60), bool)
    contact = np.zeros((30, 60))
    contact[:, 28:32] = 1
    objects = separate_by_distance(mask, contact, np.full((30, 60), 0.8), EVERYTHING)
    assert objects.max() == 2
    # Every pixel of the phase belongs to an object, those of the contact too.
    assert np.bincount(objects.ravel()).tolist() == pytest.approx([0, 900, 900], abs=60)


def test_holes_belong_to_the_object_around_them_and_small_ones_are_dropped():
    instances = disks((60, 100), (30, 30, 20), (30, 80, 3))
    mask = instances > 0
    mask[28:33, 28:33] = False
    distance, contact = normalized_distance(instances), contact_line(instances)
    found = separate_by_distance(mask, contact, distance, replace(EVERYTHING, minimum_area_px=40))
    assert found.max() == 1 and found[30, 30] == 1
    open_ = replace(EVERYTHING, fill_holes=False)
    assert separate_by_distance(mask, contact, distance, open_)[30, 30] == 0


def test_what_has_no_middle_is_no_object():
    instances = disks((60, 120), (30, 30, 20), (30, 90, 20))
    distance = normalized_distance(instances) * np.where(np.arange(120) < 60, 1, 0.29)
    for split in (0.0, 0.5):
        settings = replace(EVERYTHING, split=split)
        objects = separate_by_distance(instances > 0, contact_line(instances), distance, settings)
        assert np.array_equal(objects > 0, instances == 1)


def test_what_is_not_measurable_belongs_to_none():
    instances = disks((60, 60), (30, 30, 20))
    measurable = np.ones((60, 60), bool)
    measurable[45:] = False
    objects = separate_by_distance(
        instances > 0,
        contact_line(instances),
        normalized_distance(instances),
        EVERYTHING,
        measurable,
    )
    assert objects.max() == 1 and not objects[45:].any()


def test_settings_out_of_range_are_refused():
    with pytest.raises(LamellaError, match="between 0"):
        separated(disks((9, 9), (4, 4, 3)), replace(EVERYTHING, split=1.5))
