import threading

import numpy as np
import pytest

from core.errors import LamellaError
from core.interaction.answers import Part, Prompts
from core.interaction.desk import Desk
from core.interaction.evaluation import intersection_over_union
from core.interaction.prompts import Box, Click
from core.interaction.questions import Question, mask_of_rows, question_from, rows_of_mask
from tests.core.interaction.bright_network import BrightNetwork, disks

GREY = disks((120, 200), (60, 60, 20), (60, 140, 20))
SENT = {"asker": "tab", "turn": 3, "view": 200, "clicks": [[60, 60, True]], "box": None}


def test_a_question_is_read_and_one_that_is_none_is_refused_in_words() -> None:
    found = question_from({**SENT, "box": [1, 2, 3, 4], "rough": [[5, 2, 4], [6, 1, 4]]})
    assert (found.asker, found.turn, found.view_px) == ("tab", 3, 200)
    assert found.prompts.clicks == (Click(60, 60, True),)
    assert found.prompts.box == Box(1, 2, 3, 4)
    assert found.prompts.rough is not None
    assert found.prompts.rough.values.tolist() == [[False, True, True], [True, True, True]]
    bad = (
        {},
        {**SENT, "clicks": [[1, 2]]},
        {**SENT, "clicks": [[float("nan"), 2, True]]},
        {**SENT, "rough": [[5, 4, 4]]},
        {**SENT, "rough": [[0, 0, 10**6], [10**6, 0, 1]]},
        {**SENT, "clicks": [[1, 2, True]] * 101},
        [],
    )
    for sent in bad:
        with pytest.raises(LamellaError, match="reload the page"):
            question_from(sent)


def test_rows_of_a_mask_give_the_mask_again() -> None:
    mask = np.random.default_rng(0).random((9, 13)) > 0.5
    rows = rows_of_mask(Part(3, 4, mask))
    again = mask_of_rows(rows)
    assert np.array_equal(again.on((20, 20)), Part(3, 4, mask).on((20, 20)))
    assert rows == sorted(rows)


def test_answers_are_in_rows_of_the_micrograph() -> None:
    desk = Desk(BrightNetwork(), GREY, top=30)
    found = desk.answer(Question("tab", 1, Prompts((Click(90, 60),))))
    assert found is not None
    disk = Part(30, 0, disks((120, 200), (60, 60, 20)) > 0)
    assert intersection_over_union(disk, found.mask) > 0.97


def test_what_was_answered_before_is_not_worked_out_again() -> None:
    network = BrightNetwork()
    desk = Desk(network, GREY)
    clicks = (Click(60, 60), Click(60, 140), Click(10, 10, False))
    desk.answer(Question("tab", 1, Prompts(clicks[:2])))
    known = len(network.batches)
    desk.answer(Question("tab", 2, Prompts(clicks)))
    assert len(network.batches) == known + 1
    again = desk.answer(Question("tab", 3, Prompts(clicks[:2])))
    assert again is not None
    assert len(network.batches) == known + 1


def test_a_question_that_was_overtaken_while_it_waited_is_not_answered() -> None:
    class Slow(BrightNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.begun, self.go_on = threading.Event(), threading.Event()

        def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
            self.begun.set()
            assert self.go_on.wait(60)
            return super().probabilities(grey, maps)

    network = Slow()
    desk = Desk(network, GREY)
    found: dict[int, object] = {}

    def ask(turn: int, asker: str = "tab") -> None:
        question = Question(asker, turn, Prompts((Click(60, 60 + turn),)))
        found[turn] = desk.answer(question)

    first = threading.Thread(target=ask, args=(1,))
    first.start()
    assert network.begun.wait(60)
    # Turn 3 is noted before turn 2 has its turn, as both wait for turn 1.
    others = [threading.Thread(target=ask, args=(turn,)) for turn in (3, 2)]
    others[0].start()
    while desk.newest("tab") < 3:
        threading.Event().wait(0.001)
    others[1].start()
    other_tab = threading.Thread(target=ask, args=(0, "another tab"))
    other_tab.start()
    network.go_on.set()
    for thread in (first, *others, other_tab):
        thread.join(60)
    assert found[1] is not None
    assert found[2] is None
    assert found[3] is not None
    assert found[0] is not None


def test_objects_alike_are_in_rows_of_the_micrograph_and_a_newer_question_ends_it() -> None:
    circles = [(40, 30 + 40 * i, 10) for i in range(4)]
    grey = disks((120, 200), *circles)
    like = tuple(Part(30, 0, disks((120, 200), circle) > 0) for circle in circles[:3])
    desk = Desk(BrightNetwork(), grey, top=30)
    found = desk.alike(Question("tab", 1, Prompts(), like=like))
    assert found is not None
    (fourth,) = found
    truth = Part(30, 0, disks((120, 200), circles[3]) > 0)
    assert intersection_over_union(truth, fourth) > 0.95
    desk.answer(Question("tab", 3, Prompts((Click(70, 30),))))
    assert desk.alike(Question("tab", 2, Prompts(), like=like)) is None


def test_without_a_click_inside_it_says_what_to_do() -> None:
    desk = Desk(BrightNetwork(), GREY)
    with pytest.raises(LamellaError, match="click into it, or draw a box"):
        desk.answer(Question("tab", 1, Prompts((Click(1, 1, False),))))
