import numpy as np

from core.interaction.prompts import Click
from core.interaction.simulated_clicks import (
    correcting_click,
    first_click,
    neighbour_click,
    standard_click,
)


def square(top: int, left: int, side: int, size: int = 40) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_standard_click_hits_the_deepest_error_and_never_the_same_pixel_twice() -> None:
    truth, nothing = square(10, 20, 7), np.zeros((40, 40), bool)
    assert standard_click(truth, nothing, ()) == Click(13, 23, True)
    again = standard_click(truth, nothing, [Click(13, 23)])
    assert again is not None
    assert (again.row, again.column) != (13, 23)
    # An invention of 9 x 9 px is deeper than the missed 7 x 7 px.
    assert standard_click(truth, square(25, 3, 9), ()) == Click(29, 7, False)
    assert standard_click(truth, truth, ()) is None


def test_standard_click_takes_the_border_of_the_image_for_an_edge() -> None:
    assert standard_click(np.ones((5, 5), bool), np.zeros((5, 5), bool), ()) == Click(2, 2, True)


def test_correcting_click_lies_in_the_deeper_half_of_the_error() -> None:
    truth, nothing = square(10, 10, 11), np.zeros((40, 40), bool)
    random = np.random.default_rng(0)
    for _ in range(50):
        click = correcting_click(truth, nothing, random)
        assert click is not None
        # Depth 6 in the middle, so more than 3 is asked for: the inner 5 x 5 pixels.
        assert 13 <= click.row <= 17
        assert 13 <= click.column <= 17
    assert correcting_click(truth, truth, random) is None


def test_first_click_is_inside_and_near_the_middle() -> None:
    truth, random = square(5, 5, 21), np.random.default_rng(1)
    clicks = [first_click(truth, random, anywhere=0) for _ in range(200)]
    assert all(truth[int(one.row), int(one.column)] and one.inside for one in clicks)
    away = np.std([[one.row - 15, one.column - 15] for one in clicks])
    assert 0.8 * 0.25 * 11 < away < 1.2 * 0.25 * 11


def test_neighbour_click_is_outside_on_another_object_beside_this_one() -> None:
    truth, other = square(10, 10, 8), square(10, 18, 8)
    click = neighbour_click(truth, other, np.random.default_rng(2))
    assert click is not None
    assert not click.inside
    assert other[int(click.row), int(click.column)]
    assert neighbour_click(truth, square(30, 30, 5), np.random.default_rng(2)) is None
