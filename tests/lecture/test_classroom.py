"""A class: one answer a visitor, bounded; it and its micrograph are gone after the lecture."""

from __future__ import annotations

from lecture import classroom
from lecture.classroom import LONGEST_S, MOST_ROOMS, MOST_VISITORS, REST_S, Classrooms, Shown

SHOWN = Shown("ann", "upload:1", "pooling")


def test_each_visitor_has_one_answer() -> None:
    rooms = Classrooms()
    code = rooms.open(SHOWN)
    for visitor, choice in (("a", 0), ("b", 2), ("c", 2), ("a", 1)):
        assert rooms.answer(code, "predict-size", visitor, choice)
    assert rooms.counts(code, "predict-size", 4) == (0, 1, 2, 0)
    assert rooms.counts(code, "predict-field", 4) == (0, 0, 0, 0)


def test_a_class_ends() -> None:
    rooms = Classrooms()
    code = rooms.open(SHOWN)
    rooms.close(code)
    assert rooms.counts(code, "predict-size", 4) is None
    assert not rooms.answer(code, "predict-size", "a", 0)


def test_a_class_that_rests_is_forgotten() -> None:
    now = [0.0]
    rooms = Classrooms(lambda: now[0])
    code = rooms.open(SHOWN)
    now[0] = REST_S
    assert rooms.counts(code, "predict-size", 4) is not None
    now[0] = 2 * REST_S + 1
    assert rooms.counts(code, "predict-size", 4) is None


def test_a_class_is_shown_a_micrograph_until_it_ends_however_often_it_is_asked_for() -> None:
    now = [0.0]
    rooms = Classrooms(lambda: now[0])
    code, ended = rooms.open(SHOWN), rooms.open(SHOWN)
    assert rooms.shown(code) == SHOWN
    assert rooms.shown(code[:-1]) is None
    rooms.close(ended)
    assert rooms.shown(ended) is None
    while now[0] < LONGEST_S:
        now[0] = min(LONGEST_S, now[0] + REST_S / 2)
        assert rooms.shown(code) == SHOWN
    now[0] += 1
    assert rooms.shown(code) is None


def test_rooms_and_visitors_are_bounded() -> None:
    rooms = Classrooms()
    codes = [rooms.open(SHOWN) for _ in range(MOST_ROOMS + 1)]
    assert rooms.counts(codes[0], "q", 1) is None
    assert rooms.counts(codes[1], "q", 1) == (0,)
    kept = [rooms.answer(codes[-1], "q", f"{number}", 0) for number in range(MOST_VISITORS + 1)]
    assert kept == [True] * MOST_VISITORS + [False]
    # Who answered already may still change it.
    assert rooms.answer(codes[-1], "q", "0", 1)
    assert rooms.counts(codes[-1], "q", 2) == (MOST_VISITORS - 1, 1)


def test_a_code_is_hard_to_guess() -> None:
    assert len(classroom.CODE_LETTERS) ** classroom.CODE_LENGTH > 5e11
