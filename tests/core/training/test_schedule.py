"""A training keeps to its time, also where the machine turns slow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.training.fine_tuning.run import fine_tune
from core.training.progress import Progress
from core.training.schedule import advance, one_cycle, steps_in_time
from tests.core.training.test_fine_tuning import QUICK, TASK, disks, start


class Clock:
    """A second of it passes whenever it is asked, four from ``slow_after`` on."""

    def __init__(self, slow_after: float = float("inf")) -> None:
        self.now, self.slow_after = 0.0, slow_after

    def __call__(self) -> float:
        self.now += 1 if self.now < self.slow_after else 4
        return self.now


def test_the_steps_that_there_is_time_for():
    # 10 steps took 5 s: in 50 s there is time for 100.
    assert steps_in_time(10, 1000, 5.0, 50.0) == 100
    assert steps_in_time(10, 60, 5.0, 50.0) == 60
    assert steps_in_time(0, 60, 0.0, 50.0) == 60
    # Time is over.
    assert steps_in_time(10, 60, 51.0, 50.0) == 10
    assert steps_in_time(10, 60, 5.0, float("inf")) == 60


def test_the_cycle_follows_the_time_where_that_ends_first():
    def cycle() -> torch.optim.lr_scheduler.OneCycleLR:
        optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], 0.1)
        found = one_cycle(optimizer, 100)
        optimizer.step()
        return found

    by_steps, by_time = cycle(), cycle()
    for _ in range(60):
        advance(by_steps)
    advance(by_time, 0.2)
    advance(by_time, 0.6)
    assert by_time.get_last_lr() == by_steps.get_last_lr()
    # A share that is behind the steps holds nothing up, and the end is never passed.
    advance(by_steps, 0.1)
    advance(by_time)
    assert by_time.get_last_lr() == by_steps.get_last_lr()
    for _ in range(3):
        advance(by_time, 1.0)
    assert by_time.last_epoch == 99
    assert by_time.get_last_lr()[0] < 1e-5


@pytest.mark.parametrize("slow_after", [float("inf"), 40.0])
def test_a_training_ends_when_its_time_is_over(tmp_path: Path, slow_after: float):
    seen: list[Progress] = []
    settings = replace(QUICK, seconds=100.0, fewest_steps=1000, most_steps=1000)
    clock = Clock(slow_after)
    images = [disks(seed) for seed in range(2)]
    taught = fine_tune(start(), TASK, images, settings, tmp_path, seen.append, clock=clock)
    # Nine tenths are for learning, and no step takes more than 4 s; one mixture is tried at least.
    assert 90 <= taught.seconds <= 98
    assert clock.now <= 110
    last = seen[-1]
    assert last.step == last.steps < 100
    assert last.seconds_left == 0
    # What is left is told by the speed so far, so it never goes beyond the time.
    assert all(one.seconds + one.seconds_left <= 95 for one in seen[5:-1])
    # It learned as fast as it could: the rate fell to its end on the way.
    assert taught.score > 0.9
