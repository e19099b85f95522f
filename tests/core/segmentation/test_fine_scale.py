"""Images of small objects are seen enlarged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor, cat, full_like, nn

from core.segmentation.engines.engine import Engine
from core.segmentation.fine_scale import fine_scale, mean_width, typical_width
from core.segmentation.segment import segment
from core.types.micrograph import Micrograph
from tests.threshold_model import CARD


class ThresholdAndObjects(nn.Module):
    """Bright where the image is; nothing touches; every middle is an edge."""

    def forward(self, x: Tensor) -> Tensor:
        return cat([-20 * x, 20 * x, full_like(x, -20), full_like(x, -20)], dim=1)


OBJECTS = replace(
    CARD, build=ThresholdAndObjects, mean=0.5, std=1.0, object_outputs=True, objects_phase=1
)


def disks(diameter_px: int, side: int = 120) -> np.ndarray:
    """Return (side, side) bool, disks whose middles are 40 px apart."""
    row, column = np.mgrid[:side, :side] % 40 - 19.5
    return np.hypot(row, column) <= diameter_px / 2


def answer(mask: np.ndarray) -> np.ndarray:
    """Return the outputs (4, H, W) of a network that is sure of ``mask``."""
    return np.stack([~mask, mask, np.zeros_like(mask), mask]).astype(np.float32)


@pytest.mark.parametrize("diameter", [12, 20, 30])
def test_the_typical_width_of_disks_is_their_diameter(diameter):
    assert typical_width(disks(diameter)) == pytest.approx(diameter, rel=0.1)
    assert typical_width(np.zeros((5, 5), np.bool_)) == 0


def test_disks_in_a_row_are_as_wide_as_one():
    row, column = np.mgrid[:40, :200]
    chain = np.hypot(row - 20, (column % 11) - 5) <= 6
    assert typical_width(chain) < 15


def test_only_small_objects_ask_for_the_fine_scale():
    card = replace(OBJECTS, fine_scale=1.7)
    assert fine_scale(card, answer(disks(12))) == 1.7
    assert fine_scale(card, answer(disks(30))) is None
    assert fine_scale(OBJECTS, answer(disks(12))) is None
    # A speck is no reason to look again.
    speck = np.zeros((120, 120), np.bool_)
    speck[5:9, 5:9] = True
    assert fine_scale(card, answer(speck)) is None


def lump(diameter_px: int) -> np.ndarray:
    """Return the outputs (4, H, W) of a network that sees the middles of disks in a hexagonal raft
    that overlap by a tenth, and no contact."""
    pitch = 0.9 * diameter_px
    row, column = np.mgrid[: 8 * diameter_px, : 8 * diameter_px]
    distance = np.zeros(row.shape)
    for line in range(1, 4):
        for place in range(1, 7):
            down, right = line * pitch * 0.75**0.5, (place + line % 2 / 2) * pitch
            away = np.hypot(row - down, column - right) / (diameter_px / 2)
            distance = np.maximum(distance, 1 - away)
    mask = distance > 0
    # Where three meet, a gap of a few pixels is no gap for a network that misses contacts.
    mask[int(pitch) : int(2.6 * pitch), int(1.5 * pitch) : int(6 * pitch)] = True
    return np.stack([~mask, mask, np.zeros_like(mask), distance]).astype(np.float32)


def test_small_objects_that_run_together_ask_for_it_too():
    card = replace(OBJECTS, fine_scale=1.7)
    found = lump(14)
    assert 20 < typical_width(found[1] > 0.5) < 60
    assert mean_width(found[1] > 0.5, found[2], found[3]) == pytest.approx(14, abs=2)
    assert fine_scale(card, found) == 1.7
    assert fine_scale(card, lump(30)) is None
    assert mean_width(np.zeros((9, 9), np.bool_), *np.zeros((2, 9, 9))) == np.inf


def test_the_mean_width_is_that_of_where_most_objects_lie():
    found = lump(14)
    height, width = found.shape[1:]
    wide = np.zeros((4, 700, 1300), np.float32)
    wide[:, :height, 1300 - width :] = found
    assert mean_width(wide[1] > 0.5, wide[2], wide[3]) == pytest.approx(14, abs=2)


@pytest.mark.parametrize(("diameter", "scale"), [(12, 2.0), (30, None)])
def test_the_image_is_seen_again_and_the_result_says_so(diameter, scale):
    card = replace(OBJECTS, fine_scale=2.0)
    image = Micrograph(disks(diameter).astype(np.float32), "disks", digest="disks")
    found = segment(image, Engine(card, ThresholdAndObjects(), "cpu"))
    usual = segment(image, Engine(OBJECTS, ThresholdAndObjects(), "cpu"))
    assert found.execution.scale == scale
    assert ("seen at 2 times its size" in found.execution.in_words) == (scale is not None)
    assert (found.digest == usual.digest) == (scale is None)
    assert np.mean(found.labels == disks(diameter)) > 0.97


def test_what_is_small_is_judged_at_the_working_side():
    card = replace(OBJECTS, fine_scale=1.5, working_side_px=60)
    image = Micrograph(disks(30).astype(np.float32), "disks", digest="disks")
    # Seen at half their size they are 15 px wide, so the image is seen at 0.75 of its size.
    assert segment(image, Engine(card, ThresholdAndObjects(), "cpu")).execution.scale == 0.75
    assert fine_scale(card, answer(disks(30)), 0.5) == 0.75
    assert fine_scale(card, answer(disks(30)), 1.0) is None
