"""A short form of ``python -m benchmarks.server.kill``: what is killed loses nothing."""

from __future__ import annotations

import sys

import pytest

from benchmarks.server import kill
from benchmarks.server.kill import Plan


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes as Linux lists them")
@pytest.mark.timeout(900)
def test_under_kill_nine_nothing_is_lost_or_doubled(tmp_path):
    plan = Plan(kills=6, pause_seconds=0.3, writers=2, visitors=1)
    report = kill.run(tmp_path / "workspace", plan)
    assert report.problems == ()
    assert report.killed == {
        kill.BUSY: 1,
        "writer": 2,
        "worker": 1,
        "server": 1,
        kill.STROKE: 1,
    }
    assert report.notes["uploaded"] > 0 and report.notes["drawn"] > 0 and report.notes["shown"] > 0
    assert report.notes["stroke"] > 0
    assert report.jobs.states["done"] > 0
    assert "0 lost or doubled" in kill.in_words(report)
