import numpy as np
import pytest

from core.errors import LamellaError
from core.interaction.answers import Part, Prompts
from core.interaction.evaluation import intersection_over_union
from core.interaction.predictor import answer
from core.interaction.prompts import Box, Click
from tests.core.interaction.bright_network import BrightNetwork, disks

SHAPE = (300, 400)


def part(mask: np.ndarray) -> Part:
    return Part(0, 0, mask > 0.5)


def test_one_click_gives_the_disk_under_it_and_not_its_neighbour() -> None:
    one, other = (100, 120, 20), (180, 220, 30)
    network = BrightNetwork()
    found = answer(network, disks(SHAPE, one, other), Prompts((Click(100, 120),)))
    assert intersection_over_union(part(disks(SHAPE, one)), found.mask) > 0.97
    # Windows of 64, 128 and 256 px at once (512 px is more than the image), then the closer look.
    assert network.batches == [3, 1]
    assert found.window.side == pytest.approx(2 * 41, abs=2)


def test_view_says_how_wide_the_first_look_is() -> None:
    network = BrightNetwork()
    grey = disks(SHAPE, (100, 120, 20))
    answer(network, grey, Prompts((Click(100, 120),)), view_px=130)
    assert network.batches == [2, 1]


def test_object_larger_than_the_window_widens_it_twice_at_most() -> None:
    network = BrightNetwork()
    grey = disks((900, 900), (450, 450, 300))
    box = Box(400, 400, 500, 500)
    found = answer(network, grey, Prompts(box=box))
    assert network.batches == [1, 1, 1]
    assert found.window.side == 160 * 1.5 * 1.5


def test_answer_at_the_border_of_the_image_widens_nothing() -> None:
    network = BrightNetwork()
    grey = disks(SHAPE, (0, 200, 30))
    found = answer(network, grey, Prompts((Click(5, 200),)))
    assert network.batches[-1] == 1
    assert len(network.batches) == 2
    assert intersection_over_union(part(grey), found.mask) > 0.95


def test_where_nothing_is_found_the_answer_is_empty() -> None:
    found = answer(BrightNetwork(), np.zeros(SHAPE, np.float32), Prompts((Click(10, 10),)))
    assert found.is_empty


def test_a_later_click_changes_only_what_hangs_together_with_it() -> None:
    """A rough mask of both disks without a corner of the first: a click into the second one's
    missing half mends that and leaves the first as it was."""
    one, other = (100, 120, 20), (100, 200, 20)
    grey = disks(SHAPE, one, other)
    rough = grey > 0.5
    rough[:, 125:200] = False
    found = answer(
        BrightNetwork(),
        grey,
        Prompts((Click(100, 195),), rough=Part(0, 0, rough)),
    )
    mask = found.mask.on(SHAPE)
    assert np.array_equal(mask[:, :160], rough[:, :160])
    second = np.where(np.arange(400) >= 160, mask, False)
    assert intersection_over_union(part(disks(SHAPE, other)), part(second)) > 0.95


def test_without_a_click_inside_it_says_what_to_do() -> None:
    grey = np.zeros(SHAPE, np.float32)
    with pytest.raises(LamellaError, match="click into it, or draw a box"):
        answer(BrightNetwork(), grey, Prompts((Click(5, 5, inside=False),)))
    with pytest.raises(LamellaError, match="row 300, column 5 lies outside the image of 400 x 300"):
        answer(BrightNetwork(), grey, Prompts((Click(300, 5),)))


class StubbornNetwork:
    """Nearly certain that every pixel above 0.2 is meant, whatever is clicked."""

    def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
        return np.where(grey > 0.2, np.float32(0.95), np.float32(0.05))


def test_a_click_that_the_network_does_not_heed_reaches_what_looks_alike() -> None:
    """A bright disk on a ground that the network takes for the object too."""
    bright = disks(SHAPE, (150, 200, 20))
    grey = 0.3 + 0.6 * bright
    clicks = Click(150, 200), Click(150, 260, inside=False)
    first = answer(StubbornNetwork(), grey, Prompts(clicks[:1]))
    assert first.mask.values.sum() > 10 * bright.sum()
    second = answer(StubbornNetwork(), grey, Prompts(clicks), first)
    # A rim of at most 4 px, where the blurred grey is like neither click's: (20 / 24)^2.
    assert intersection_over_union(part(bright), second.mask) > 0.69
