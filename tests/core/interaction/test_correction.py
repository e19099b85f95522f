import numpy as np
import pytest

from core.interaction.answers import Answer, Owed, Part
from core.interaction.correction import (
    carried_over,
    distance_to_edge,
    heeded,
    is_deep,
    logit,
    merged,
    owed_at,
)
from core.interaction.prompts import Click
from core.interaction.windows import Window

WINDOW = Window(0, 0, 100)
STRIPES = (np.indices((100, 100))[1] // 10 % 2).astype(np.float32)
"""Ten columns dark, ten bright."""


def answer_of(mask: np.ndarray, probability: float = 0.9) -> Answer:
    chance = np.where(mask, probability, 1 - probability).astype(np.float32)
    return Answer(Part(0, 0, mask), Part(0, 0, chance), WINDOW)


def rectangle(*sides: slice) -> np.ndarray:
    mask = np.zeros((100, 100), bool)
    mask[sides] = True
    return mask


def test_logit_is_that_of_the_probability_within_its_limit() -> None:
    assert logit(0.5) == pytest.approx(0)
    assert logit(0.9) == pytest.approx(np.log(9))
    assert logit(0.0) == -6
    assert logit(1.0) == 6


def test_distance_to_the_edge_is_that_from_either_side() -> None:
    mask = Part(10, 10, np.ones((21, 41), bool))
    assert distance_to_edge(mask, Click(20, 30)) == 11
    assert distance_to_edge(mask, Click(10, 30)) == 1
    assert distance_to_edge(mask, Click(5, 30)) == pytest.approx(5, abs=1)
    assert is_deep(mask, Click(18, 30))
    assert not is_deep(mask, Click(12, 30))
    assert not is_deep(mask, Click(0, 0))


def test_a_click_is_owed_what_the_answer_before_lacks() -> None:
    before = answer_of(rectangle(slice(10, 50), slice(10, 90)))
    assert owed_at(before, Click(30, 50), False).logits == 0
    outside = owed_at(before, Click(19, 50, inside=False), False)
    assert outside.logits == pytest.approx(1.5 + np.log(9))
    assert outside.reach_px == 30
    assert owed_at(before, Click(30, 50, inside=False), False).reach_px == 50
    # Beyond what was answered there is no object.
    assert owed_at(before, Click(150, 50), False).logits == 1.5 + 6
    assert owed_at(before, Click(150, 50), True).logits == 0


def test_what_is_owed_reaches_pixels_that_look_like_the_clicked_ones() -> None:
    everything = Part(0, 0, np.full((100, 100), 0.9, np.float32))
    clicks = (Click(50, 15), Click(50, 25, inside=False))
    owed = Owed(0, 50), Owed(1.5 + np.log(9), 50)
    found = carried_over(everything, STRIPES, clicks, owed).values
    # The click outside fell on a dark column; the bright ones stay, also those at its side.
    assert (found[20:80, 12:18] > 0.5).all()
    assert (found[20:80, 32:38] > 0.5).all()
    assert (found[48:53, 23:27] < 0.5).all()
    assert (found[30:70, 22:28] < 0.65).all()


def test_clicks_that_are_owed_nothing_change_nothing() -> None:
    sure = Part(0, 0, np.full((100, 100), 0.9, np.float32))
    clicks = (Click(50, 15), Click(500, 500, inside=False))
    assert carried_over(sure, STRIPES, clicks, (Owed(), Owed(3, 50))) is sure


def test_contradicting_clicks_on_one_pixel_are_no_error() -> None:
    unsure = Part(0, 0, np.full((100, 100), 0.5, np.float32))
    clicks = (Click(50, 15), Click(50, 15, inside=False))
    assert np.isfinite(carried_over(unsure, STRIPES, clicks, (Owed(), Owed())).values).all()


def test_a_spot_around_the_click_is_not_heeding_it() -> None:
    before = answer_of(rectangle(slice(10, 90), slice(10, 90)))
    click = Click(50, 50, inside=False)
    rows, columns = np.indices((100, 100))
    spot = (rows - 50) ** 2 + (columns - 50) ** 2 <= 5**2
    assert not heeded(before, before, click, 5)
    assert not heeded(before, answer_of(before.mask.values & ~spot), click, 5)
    # Forty px deep in the mask: half of it asks for a disk of 20 px.
    assert heeded(before, answer_of(rectangle(slice(10, 90), slice(10, 40))), click, 5)
    assert heeded(before, answer_of(before.mask.values), Click(20, 20), 5)


def test_a_click_inside_takes_away_no_more_than_it_adds() -> None:
    before = answer_of(rectangle(slice(40, 60), slice(10, 60)))
    # 400 px more and 800 px less, which hang together.
    found = answer_of(rectangle(slice(50, 70), slice(40, 70)))
    result = merged(found, before, (Click(60, 65),)).mask.values
    assert np.array_equal(result, before.mask.values | found.mask.values)


def test_a_merged_answer_believes_what_its_mask_says() -> None:
    """Two changes, of which only the clicked one is taken: the network's doubt about the other is
    not kept either."""
    before = answer_of(rectangle(slice(40, 60), slice(10, 60)))
    found = answer_of(rectangle(slice(40, 60), slice(30, 80)))
    result = merged(found, before, (Click(50, 70),))
    assert np.array_equal(result.mask.values, rectangle(slice(40, 60), slice(10, 80)))
    assert np.array_equal(result.probability.values > 0.5, result.mask.values)


def test_after_three_clicks_none_more_than_doubles_the_object() -> None:
    before = answer_of(rectangle(slice(40, 60), slice(10, 20)))
    found = answer_of(rectangle(slice(40, 60), slice(10, 100)))
    clicks = (Click(50, 15), Click(50, 14), Click(50, 13), Click(50, 28))
    second = merged(found, before, (clicks[0], clicks[3])).mask.values
    assert np.array_equal(second, found.mask.values)
    fourth = merged(found, before, clicks).mask.values
    assert fourth[50, 24:32].all()
    assert before.mask.values.sum() < fourth.sum() <= 2 * before.mask.values.sum()


def test_a_click_near_the_edge_does_not_reach_far() -> None:
    before = answer_of(rectangle(slice(40, 60), slice(10, 90)))
    found = answer_of(rectangle(slice(40, 60), slice(10, 12)))
    result = merged(found, before, (Click(50, 15), Click(41, 50, inside=False))).mask.values
    # Two px from the edge, so 24 px.
    assert result[50, :20].any()
    assert result[55, 10:26].all()
    assert not result[42, 40:60].any()
