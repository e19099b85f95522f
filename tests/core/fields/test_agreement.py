"""A segmentation against a mask: known overlaps, differences, masks that do not fit."""

import numpy as np
import pytest

from core.errors import DataError
from core.fields.agreement import DIFFERENT, agreement
from tests.core.fields.made_analysis import analysis_of, card_of


def drawn():
    labels = np.zeros((60, 80), np.uint8)
    labels[10:30, 10:30] = 1
    labels[40:50, 40:60] = 1
    return labels


def test_a_mask_of_objects_is_matched_one_by_one():
    mask = np.zeros((60, 80), np.int64)
    mask[10:30, 15:35] = 7
    mask[5:8, 60:70] = 9
    found = agreement(analysis_of(drawn()), mask, "instances")
    # 15 of 25 columns in common.
    assert (found.objects.true_positives, found.objects.false_positives) == (1, 1)
    assert found.objects.iou_sum == pytest.approx(15 / 25)
    assert found.strict_objects.true_positives == 0 and found.grains is None
    particle = found.phases[1]
    assert particle.iou == pytest.approx(300 / (600 + 430 - 300))
    assert particle.found_percent == pytest.approx(100 * 600 / 4800)
    counts = np.bincount(found.differences.ravel(), minlength=4)
    assert dict(zip(DIFFERENT, counts.tolist(), strict=True)) == {
        "same": 4800 - 130 - 300,
        "missed": 130,
        "added": 300,
        "another phase": 0,
    }
    assert found.mean_diameter_error == pytest.approx((20 + np.sqrt(200)) / (20 + np.sqrt(30)) - 1)


@pytest.mark.parametrize(("count", "told"), [(2, False), (3, True)])
def test_a_mask_of_phases_taken_for_one_of_objects_is_noticed(count, told):
    """One number in three areas or more; with a number each there is nothing to notice."""
    mask = np.zeros((60, 80), np.int64)
    for index in range(count):
        mask[20:30, 20 * index : 20 * index + 10] = 1
    assert agreement(analysis_of(drawn()), mask, "instances").is_scattered is told
    assert not agreement(analysis_of(drawn()), mask, "classes").is_scattered
    own = mask * (1 + np.arange(80) // 20)
    assert not agreement(analysis_of(drawn()), own, "instances").is_scattered


def test_a_mask_of_phases_and_an_info_bar():
    card = card_of("matrix", "a", "b", objects=None)
    labels, mask = drawn(), drawn()
    mask[10:30, 10:20] = 2
    mask[55:] = 2
    found = agreement(analysis_of(labels, card=card, bar=5), mask, "classes")
    assert found.objects is None and found.mean_diameter_error is None
    assert (found.differences == 3).sum() == 200
    assert found.pixel_accuracy == pytest.approx(1 - 200 / (55 * 80))
    assert found.phases[2].iou == 0 and found.phases[2].boundary_f1 == 0


def test_a_phase_that_neither_has_is_not_scored():
    card = card_of("matrix", "a", "b", objects=None)
    found = agreement(analysis_of(drawn(), card=card), drawn(), "classes")
    assert found.phases[2].iou is None and found.phases[2].boundary_f1 is None
    assert found.mean_iou == 1 and not found.differences.any()


def test_masks_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="80 x 50 px and the image 80 x 60 px"):
        agreement(analysis_of(drawn()), np.zeros((50, 80), int), "classes")
    with pytest.raises(DataError, match="labels from 0 to 5"):
        agreement(analysis_of(drawn()), 5 * drawn(), "classes")
    with pytest.raises(DataError, match="counts none"):
        card = card_of("matrix", "a", objects=None)
        agreement(analysis_of(drawn(), card=card), drawn(), "instances")


def test_networks_of_grain_boundaries_are_compared_within_three_px():
    card = card_of("grain", "grain boundary", objects=0, boundary=1)
    place = np.indices((160, 160)) % 40
    line = (np.abs(place - 20) <= 1).any(0).astype(np.uint8)
    found = agreement(analysis_of(line, card=card), np.roll(line, 2, axis=0), "classes")
    assert found.grains.band.f1 == pytest.approx(1, abs=0.02)
    assert found.grains.dice < found.grains.band.f1
    assert found.grains.intercept_error == pytest.approx(0, abs=0.1)
    empty = agreement(analysis_of(line, card=card), np.zeros_like(line), "classes")
    assert empty.grains is None
