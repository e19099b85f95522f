"""Targets and losses of networks that tell objects apart: numbers counted by hand."""

import numpy as np
import pytest
import torch

from core.training.losses import object_loss
from core.training.object_targets import contact_line, normalized_distance, object_targets


@pytest.fixture
def pair():
    """Two squares of 7 x 5 px that touch between columns 5 and 6."""
    instances = np.zeros((12, 14), np.uint16)
    instances[2:9, 1:6], instances[2:9, 6:11] = 4, 9
    return instances


def test_a_contact_is_three_pixels_wide(pair):
    line = contact_line(pair)
    assert line[5].tolist() == [column in (5, 6, 7) for column in range(14)]
    assert line.sum() == 10 * 3


@pytest.mark.parametrize(("gap", "width"), [(0, 3), (1, 2), (2, 1), (3, 0)])
def test_a_narrow_gap_counts_as_contact(gap, width):
    instances = np.zeros((9, 20), np.int32)
    instances[:, 2:8], instances[:, 8 + gap : 15] = 70_000, 70_001
    assert contact_line(instances)[4].sum() == width


def test_one_object_alone_touches_nothing():
    assert not contact_line(np.full((5, 5), 3, np.uint16)).any()


def test_distance_is_one_in_the_middle_of_each_object_by_itself(pair):
    found = normalized_distance(pair)
    # Pixel centres lie 0.5, 1.5 and 2.5 px from the edge of a square 5 px wide.
    expected = [0, 0.2, 0.6, 1, 0.6, 0.2, 0.2, 0.6, 1, 0.6, 0.2, 0, 0, 0]
    assert found[5] == pytest.approx(np.array(expected))
    assert found.dtype == np.float32


def test_an_object_has_no_edge_where_the_image_ends():
    instances = np.zeros((6, 8), np.uint16)
    instances[:, :4] = 1
    assert normalized_distance(instances)[3] == pytest.approx(
        np.array([3.5, 2.5, 1.5, 0.5, 0, 0, 0, 0]) / 3.5
    )
    assert (normalized_distance(np.ones((4, 4), np.uint16)) == 1).all()


def test_the_targets_in_their_order(pair):
    foreground, contact, distance = object_targets(pair)
    assert foreground.sum() == 70
    assert np.array_equal(contact, contact_line(pair))
    assert np.array_equal(distance, normalized_distance(pair))


def test_a_network_that_knows_nothing_pays_known_losses(pair):
    targets = torch.from_numpy(object_targets(pair))[None]
    foreground, contact, distance = object_loss(torch.zeros(1, 4, 12, 14), targets)
    # Cross-entropy ln 2 for two phases; Dice of probability 0.5 everywhere.
    ones, pixels = 70, 12 * 14
    dice = (ones / (pixels / 2 + ones) + (pixels - ones) / (pixels / 2 + pixels - ones)) / 2
    assert foreground.item() == pytest.approx(np.log(2) + 1 - dice, rel=1e-5)
    # Each of the 30 pixels of contact counts four times.
    assert contact.item() == pytest.approx(2 * np.log(2) * (pixels + 3 * 30) / pixels, rel=1e-5)
    assert distance.item() == pytest.approx(2 * np.log(2), rel=1e-5)


def test_the_right_answer_costs_next_to_nothing(pair):
    targets = torch.from_numpy(object_targets(pair))[None]
    sure = 40 * (targets - 0.5)
    logits = torch.cat([-sure[:, :1], sure], 1)
    foreground, contact, distance = object_loss(logits, targets)
    assert foreground.item() < 1e-3 and contact.item() < 1e-3
    # A distance between 0 and 1 keeps its own entropy, so it is the least only where it is met.
    at = torch.logit(targets[:, 2].clamp(1e-6, 1 - 1e-6))
    least = object_loss(torch.cat([logits[:, :3], at[:, None]], 1), targets)[2]
    assert least < distance
