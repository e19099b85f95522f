"""What is corrected by hand is kept step by step, and nothing that was confirmed is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.correction import changes, codec
from core.correction.changes import Change
from core.correction.codec import Step
from core.errors import CorrectionError, StaleError, WorkspaceError
from core.workspace.corrections import corrections
from core.workspace.corrections.open_correction import open_correction
from core.workspace.maintenance import verify
from core.workspace.workspace import Workspace
from tests.core.correction.edits import assert_equal, copied, random_change
from tests.core.workspace.corrections.corrected_result import (
    again,
    analysis,
    begun,
    deleted,
    drawn,
    kept_result,
    step,
)
from tests.core.workspace.disk.traced_files import TracedFiles


def test_every_confirmed_step_outlives_the_process_and_is_undone_and_redone_exactly(
    workspace: Workspace, tmp_path: Path
) -> None:
    opened, random = begun(workspace), np.random.default_rng(3)
    beginning, states = copied(opened.state), []
    for number in range(50):
        kind = str(random.choice(["brush", "undo", "redo"], p=[0.7, 0.2, 0.1]))
        change = random_change(opened.state, random) if kind == "brush" else Change()
        try:
            assert opened.apply(step(opened, change, kind)) == opened.revision
        except CorrectionError as error:
            assert "Nothing was" in str(error)
        if number in (0, 7, 49):
            # What a process that is killed now leaves on the disk.
            crashed = tmp_path / f"crashed {number}"
            shutil.copytree(workspace.folder, crashed)
            found = again(opened, crashed)
            assert_equal(found.state, opened.state)
            assert found.revision == opened.revision
            assert found.encoded(1) == opened.encoded(1)
            assert found.state.next_id == opened.state.next_id
    end = copied(opened.state)
    while opened.is_changed:
        states.append(copied(opened.state))
        opened.apply(step(opened, Change(), "undo"))
    assert len(states) > 10
    assert_equal(opened.state, beginning)
    assert opened.counts == replace(opened.counts, corrected=0, removed=0)
    opened = again(opened)
    for wanted in reversed(states):
        opened.apply(step(opened, Change(), "redo"))
        assert_equal(opened.state, wanted)
    assert_equal(opened.state, end)


def test_opening_after_many_steps_writes_a_snapshot_and_leads_to_the_same(
    workspace: Workspace,
) -> None:
    opened, random = begun(workspace), np.random.default_rng(4)
    twin, steps = copied(opened.state), []
    for base in range(101):
        change = random_change(twin, random)
        changes.apply(twin, change)
        steps.append(codec.encode_step(Step(f"{base}", base, "brush", change)))
    assert opened.apply(b"".join(steps)) == 101
    assert_equal(opened.state, twin)
    result = opened.head.result
    assert [one for one, _ in corrections.snapshots(workspace, result)] == [0]
    assert_equal(again(opened).state, opened.state)
    assert [one for one, _ in corrections.snapshots(workspace, result)] == [101, 0]
    found = again(opened)
    assert_equal(found.state, opened.state)
    assert found.encoded() == opened.encoded()
    found.apply(step(found, Change(), "undo"))
    assert_equal(again(opened).state, found.state)
    assert opened.catch_up() == 1
    assert_equal(opened.state, found.state)


def test_second_tab_is_told_and_overwrites_nothing(workspace: Workspace) -> None:
    first = begun(workspace)
    second = again(first)
    old = step(second, deleted(second.state, 1), serial="second tab")
    first.apply(step(first, deleted(first.state, 2)))
    with pytest.raises(StaleError, match="another tab.*Nothing was overwritten"):
        second.apply(old)
    assert_equal(second.state, first.state)
    second.apply(step(second, deleted(second.state, 1), serial="second tab"))
    assert again(first).counts.removed == 2


def test_step_that_is_sent_twice_is_made_once(workspace: Workspace) -> None:
    opened = begun(workspace)
    one = step(opened, deleted(opened.state, 1), serial="a")
    assert opened.apply(one) == 1
    state = copied(opened.state)
    assert opened.apply(one) == 1
    following = step(opened, deleted(opened.state, 2), serial="b")
    # The answer to the first was lost, so that the browser sends both.
    assert again(opened).apply(one + following) == 2
    assert opened.apply(one + following) == 2
    opened.apply(step(opened, Change(), "undo"))
    assert_equal(opened.state, state)


def test_steps_of_one_message_are_made_all_or_none(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = begun(workspace)
    ahead = begun(workspace, "bert")
    parts = [step(ahead, deleted(ahead.state, 3))]
    ahead.apply(parts[-1])
    parts.append(step(ahead, drawn(ahead.state)))
    ahead.apply(parts[-1])
    parts.append(step(ahead, Change(), "undo"))
    ahead.apply(parts[-1])
    before, encoded = copied(opened.state), opened.encoded()
    wrong = codec.encode_step(Step("w", 3, "brush", deleted(before, 3)))
    with pytest.raises(CorrectionError):
        opened.apply(b"".join(parts) + wrong)
    add_step = corrections.add_step

    def crash_at_the_third(db, result, revision, *rest) -> None:
        if revision == 3:
            raise OSError("power")
        add_step(db, result, revision, *rest)

    monkeypatch.setattr(corrections, "add_step", crash_at_the_third)
    with pytest.raises(WorkspaceError, match="failed"):
        opened.apply(b"".join(parts))
    monkeypatch.undo()
    for one in (opened, again(opened)):
        assert_equal(one.state, before)
        assert one.encoded() == encoded
        assert one.state.next_id == before.next_id
    assert opened.apply(b"".join(parts)) == 3
    assert_equal(opened.state, ahead.state)
    assert opened.state.next_id == before.next_id + 1


def test_undo_names_the_last_step_or_is_refused(workspace: Workspace) -> None:
    opened = begun(workspace)
    opened.apply(step(opened, deleted(opened.state, 1), serial="a"))
    with pytest.raises(CorrectionError, match="Another step"):
        opened.apply(codec.encode_step(Step("u", 1, "undo", Change(), "b")))
    # What a browser says of it counts for nothing: the log has it.
    lie = deleted(opened.state, 2)
    opened.apply(codec.encode_step(Step("u", 1, "undo", lie, "a")))
    assert sorted(again(opened).state.objects) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("failing", ["begin", "snapshot"])
def test_crash_between_any_two_writes_loses_no_confirmed_step(tmp_path: Path, failing: str) -> None:
    files = TracedFiles()
    workspace = Workspace(tmp_path, files=files)
    stored = kept_result(workspace)
    wanted = None
    for number in range(20):
        files.done.clear()
        files.fail_at = number if failing == "begin" else -1
        try:
            corrections.begin(workspace, "anna", stored.id, analysis())
            files.fail_at = -1
            opened = open_correction(workspace, "anna", stored.id)
            if wanted is None:
                opened.apply(step(opened, deleted(opened.state, 1)))
                wanted = copied(opened.state)
            files.done.clear()
            files.fail_at = number if failing == "snapshot" else -1
            opened.save_snapshot()
            break
        except WorkspaceError as error:
            assert "is full" in str(error)
            files.fail_at = -1
            assert verify.verify(workspace).problems == ()
            if failing == "snapshot":
                assert_equal(open_correction(workspace, "anna", stored.id).state, wanted)
            else:
                assert corrections.find(workspace, "anna", stored.id) is None
    assert number >= 5
    files.fail_at = -1
    assert_equal(open_correction(workspace, "anna", stored.id).state, wanted)


def test_nothing_of_another_owner_is_read_or_changed(workspace: Workspace) -> None:
    opened = begun(workspace)
    result = opened.head.result
    assert corrections.find(workspace, "bert", result) is None
    for ask in (open_correction, corrections.begin):
        arguments = (analysis(),) if ask is corrections.begin else ()
        with pytest.raises(WorkspaceError, match="not in your library"):
            ask(workspace, "bert", result, *arguments)
    corrections.discard(workspace, "bert", result)
    assert corrections.find(workspace, "anna", result) is not None
