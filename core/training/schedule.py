"""The learning rate over a run: one cycle over its steps, or over its time if that ends first."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

RISING_SHARE = 0.15


def one_cycle(optimizer: Optimizer, steps: int) -> OneCycleLR:
    """Return a cycle that rises for 15 % of ``steps`` to the rates of ``optimizer``, then falls.

    Source: Smith and Topin 2017, arXiv:1708.07120.
    """
    rates = [group["lr"] for group in optimizer.param_groups]
    return OneCycleLR(optimizer, rates, total_steps=steps, pct_start=RISING_SHARE)


def advance(schedule: OneCycleLR, share: float = 0.0) -> None:
    """Move ``schedule`` one step on; further where ``share`` of the run, in [0, 1], is over."""
    steps = schedule.total_steps
    due = max(schedule.last_epoch, int(share * steps) - 1)
    schedule.last_epoch = min(due, steps - 2)
    schedule.step()


def steps_in_time(step: int, steps: int, seconds: float, max_seconds: float) -> int:
    """Return how many of ``steps`` fit into ``max_seconds``, where ``step`` took ``seconds``."""
    if seconds <= 0 or step >= steps:
        return steps
    return round(min(steps, step * max(1.0, max_seconds / seconds)))
