"""What plain and residual networks of 20 and 56 layers made of counting particles, step by step."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from core.concepts.depth.depth_curves import DepthRun

MEASURED = Path(__file__).with_name("depths.json")


@cache
def depth_runs() -> tuple[DepthRun, ...]:
    """Return the four runs as measured by ``research.lecture.train_depths``, plain ones first."""
    runs = json.loads(MEASURED.read_text("utf-8"))["runs"]
    return tuple(
        DepthRun(
            layers=run["layers"],
            skip=run["skip"],
            parameters=run["parameters"],
            steps=tuple(run["step"]),
            training=tuple(run["training_error"]),
            test=tuple(run["test_error"]),
        )
        for run in runs
    )
