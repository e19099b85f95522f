"""A whole training: who is kept apart, before and after, forgetting, and going on after a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled
from core.training.fine_tuning.lesson import Stage, folds, teach, usual_test
from tests.core.training.test_fine_tuning import QUICK, TASK, disks, start

QUICKEST = replace(QUICK, fewest_steps=20, most_steps=20)


def test_a_specimen_is_never_on_both_sides():
    assert folds(["a", "a"], "left out") == ((),)
    assert folds(["a", "b", "b", "c"], "left out") == (("a",), ("b",), ("c",), ())
    (held,) = folds(list("abcdef"), "third")
    assert len(held) == 2
    assert [usual_test(count) for count in (1, 2, 5, 6)] == [
        "none",
        "left out",
        "left out",
        "third",
    ]


def test_before_and_after_are_of_images_that_no_run_had_seen(tmp_path: Path):
    images = [disks(seed) for seed in range(4)]
    base = replace(start(), generated=lambda: [disks(seed).pair(None) for seed in (7, 8)])
    stages: list[Stage] = []
    found = teach(base, TASK, images, QUICKEST, tmp_path, stages.append)
    # Two specimens of two images each: two runs that leave one out, and one that learns from all.
    assert (found.test, stages[-1].runs, len(found.tested)) == ("left out", 3, 4)
    assert [one.origin.name for one in found.tested] == ["disks0", "disks1", "disks2", "disks3"]
    assert all(one.before is not None for one in found.tested)
    assert np.mean([one.after.mean_iou for one in found.tested]) > 0.9
    assert found.forgetting is not None and found.forgetting.images == 2


def test_with_one_specimen_nothing_is_tested(tmp_path: Path):
    found = teach(start(), TASK, [disks(0), disks(1)], QUICKEST, tmp_path)
    assert (found.test, found.tested, found.forgetting) == ("none", (), None)


def test_a_training_that_was_killed_does_not_run_again_what_was_over(tmp_path: Path):
    images = [disks(seed) for seed in range(4)]

    def stop(stage: Stage) -> None:
        if stage.run == 2 and stage.progress is not None:
            raise Cancelled

    with pytest.raises(Cancelled):
        teach(start(), TASK, images, QUICKEST, tmp_path, stop)
    stages: list[Stage] = []
    found = teach(start(), TASK, images, QUICKEST, tmp_path, stages.append)
    assert len(found.tested) == 4
    assert {stage.run for stage in stages if stage.progress is not None} == {2}


def test_other_phases_than_those_of_the_model_have_no_score_before(tmp_path: Path):
    task = replace(TASK, same_phases=False)
    base = replace(start(), generated=lambda: [disks(7).pair(None)])
    found = teach(base, task, [disks(0), disks(2)], QUICKEST, tmp_path)
    assert [one.before for one in found.tested] == [None, None]
    assert found.forgetting is None
