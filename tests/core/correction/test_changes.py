"""A change is exact in both directions, and what does not fit the image is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.correction import changes, codec
from core.correction.changes import NO_RUNS, Change, ObjectChange, repainted
from core.correction.codec import Step
from core.correction.history import History
from core.correction.state import Box, CorrectionState, ObjectRecord
from core.errors import CorrectionError
from tests.core.correction.edits import (
    assert_equal,
    copied,
    disc,
    one_run,
    pixels_of,
    random_change,
    small_state,
)


@pytest.mark.parametrize("seed", range(2))
def test_undoing_all_of_200_steps_gives_the_beginning_and_redoing_them_the_end(seed: int) -> None:
    state, random = small_state(), np.random.default_rng(seed)
    beginning, made, given = copied(state), [], set(state.objects)
    for _ in range(200):
        change = random_change(state, random)
        changes.check_new(state, change)
        new = {one.id for one in change.objects if one.before is None}
        assert not new & given
        given |= new
        changes.apply(state, change)
        made.append(change)
        if random.random() < 0.3:
            changes.apply(state, made.pop().reversed())
    end = copied(state)
    assert_equal(state, end)
    for change in reversed(made):
        changes.apply(state, change.reversed())
    assert_equal(state, beginning)
    assert state.next_id == max(given) + 1
    for change in made:
        changes.apply(state, change)
    assert_equal(state, end)


def test_step_is_the_same_after_the_way_to_the_browser_and_back() -> None:
    state, random = small_state(), np.random.default_rng(7)
    twin = copied(state)
    for base in range(60):
        step = Step(f"s{base}", base, "brush", random_change(state, random))
        (again,) = codec.decode_steps(codec.encode_step(step))
        assert (again.serial, again.base, again.kind, again.of) == (f"s{base}", base, "brush", None)
        changes.apply(state, step.change)
        changes.apply(twin, again.change)
    assert_equal(twin, state)


def test_whole_correction_is_read_by_what_the_module_says_of_it() -> None:
    state = small_state()
    step = Step("s", 0, "delete", repainted(state, pixels_of(state, 2), 0, 0))
    changes.apply(state, step.change)
    data = codec.encode_state(state, 1, 1, [step], [])
    head = codec.head_of(data)
    at = 4 + int.from_bytes(data[:4], "little")
    assert at % 4 == 0
    runs = np.frombuffer(data, "<u4", 3 * head["runs"], at).reshape(-1, 3)
    values = np.full(48 * 64, head["ground"], np.uint32)
    for value, start, length in runs:
        values[start : start + length] = value
    np.testing.assert_array_equal(values >> 8, state.ids.ravel())
    np.testing.assert_array_equal(values & 255, state.labels.ravel())
    undo = np.frombuffer(data, "<u4", offset=at + 12 * head["runs"]).reshape(-1, 4)
    assert undo.tolist() == [[(3 + row) * 64 + 24, 8, 2 << 8 | 1, 0] for row in range(8)]
    assert head["undo"] == [
        {
            "serial": "s",
            "kind": "delete",
            "runs": 8,
            "objects": [[2, [1, "model", False, False], None]],
        }
    ]
    assert head["objects"][:2] == [[1, 1, "model", False, False], [3, 1, "model", False, False]]
    assert (head["next_id"], head["found"], head["objects_phase"], head["revision"]) == (
        10,
        9,
        1,
        1,
    )


def test_boxes_hold_objects_whose_runs_go_on_into_the_next_row() -> None:
    state = small_state()
    run = one_run(60, 8, (0, 0), (10, 1))
    new = ObjectChange(10, None, ObjectRecord(1, "drawn"))
    changes.apply(state, Change(run, (new,)))
    assert state.crop(10) == Box(0, 0, 2, 64)


MODEL, HAND = ObjectRecord(1), ObjectRecord(1, corrected=True)


def encoded(change: Change) -> bytes:
    return codec.encode_step(Step("s", 0, "brush", change))


@pytest.mark.parametrize(
    "change",
    [
        Change(one_run(48 * 64 - 1, 2, (0, 255), (0, 0))),
        Change(one_run(-1, 2, (0, 0), (0, 1))),
        Change(one_run(0, 0, (0, 0), (0, 1))),
        Change(one_run(0, 2**40, (0, 0), (0, 1))),
        Change(one_run(0, 4, (0, 1), (0, 2))),
        Change(one_run(0, 4, (3, 0), (0, 2))),
        Change(one_run(0, 4, (0, 0), (0, 3))),
        Change(one_run(46 * 64, 4, (0, 255), (0, 1))),
        Change(one_run(0, 4, (0, 0), (0, 255))),
        Change(one_run(0, 4, (0, 0), (99, 1))),
        Change(one_run(0, 4, (0, 0), (10, 1)), (ObjectChange(10, None, ObjectRecord(7, "drawn")),)),
        Change(objects=(ObjectChange(10, None, ObjectRecord(1, "drawn")),)),
        Change(objects=(ObjectChange(1, MODEL, None),)),
        Change(objects=(ObjectChange(1, HAND, MODEL),)),
        Change(objects=(ObjectChange(99, MODEL, HAND),)),
        Change(objects=(ObjectChange(1, MODEL, HAND), ObjectChange(1, MODEL, None))),
        Change(areas=((Box(0, 0, 1, 1),), ())),
        Change(areas=((), (Box(0, 0, 49, 1),))),
        Change(areas=((), (Box(4, 4, 4, 9),))),
        Change(
            replace(one_run(0, 4, (0, 0), (0, 1)), start=np.array([5]), length=np.array([3000])[:1])
        ),
    ],
)
def test_change_of_another_image_is_refused_and_nothing_changes(change: Change) -> None:
    state = small_state()
    with pytest.raises(CorrectionError, match="reload the page"):
        changes.apply(state, change)
    assert_equal(state, small_state())


@pytest.mark.parametrize(
    "change",
    [
        Change(one_run(0, 4, (0, 0), (1, 1))),
        Change(one_run(0, 4, (0, 0), (3, 1)), (ObjectChange(3, None, ObjectRecord(1, "drawn")),)),
        Change(objects=(ObjectChange(1, MODEL, ObjectRecord(2)),)),
    ],
)
def test_new_step_takes_no_old_number_and_marks_what_it_corrects(change: Change) -> None:
    state = small_state()
    changes.apply(state, repainted(state, pixels_of(state, 3), 0, 0))
    with pytest.raises(CorrectionError, match="reload the page"):
        changes.check_new(state, change)


def test_object_goes_with_its_last_pixel_and_its_number_never_comes_back() -> None:
    state = small_state()
    over = repainted(state, pixels_of(state, 5), 4, 1)
    assert over.objects == (ObjectChange(4, MODEL, HAND), ObjectChange(5, MODEL, None))
    changes.apply(state, over)
    assert state.pixels[4] == 128 and 5 not in state.objects
    changes.apply(state, over.reversed())
    new = repainted(state, disc(np.random.default_rng(1)), 10, 1, {10: ObjectRecord(1, "drawn")})
    changes.apply(state, new)
    changes.apply(state, new.reversed())
    assert state.next_id == 11


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04\0\0\0",
        b"\xff\xff\xff\xff{}",
        b"\x04\0\0\0null",
        b"\x04\0\0\0[[[[",
        codec.encode_step(Step("", 0, "brush", Change())),
        codec.encode_step(Step("s", 0, "brush" * 20, Change())),
        encoded(Change(one_run(0, 1, (0, 0), (0, 1))))[:-1],
        encoded(Change()) + b"more",
        encoded(Change(objects=(ObjectChange(1, MODEL, HAND),))).replace(b"model", b"modal"),
        encoded(Change()).replace(b'"runs":0', b'"runs":9'),
        encoded(Change()).replace(b'"base":0', b'"base":"'),
        b"\x04\0\0\0{}  " * 1200,
    ],
)
def test_bytes_of_anybody_are_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(CorrectionError, match="reload the page"):
        codec.decode_steps(data)


def test_history_goes_back_and_forth_and_a_new_step_ends_the_way_forth() -> None:
    history = History.of([(1, "brush"), (2, "merge"), (3, "undo"), (4, "undo"), (5, "redo")])
    assert history == History((1,), (2,))
    assert history.after(6, "brush") == History((1, 6))
    for history, kind in ((History(), "undo"), (History((1,)), "redo")):
        with pytest.raises(CorrectionError, match="Nothing was"):
            history.after(9, kind)


def test_list_of_objects_must_be_that_of_the_map() -> None:
    state = small_state()
    with pytest.raises(CorrectionError):
        CorrectionState(state.ids, state.labels, state.phases, {1: MODEL})
    with pytest.raises(CorrectionError):
        CorrectionState(state.ids, state.labels, state.phases[:1], state.objects)
    assert len(NO_RUNS) == 0
