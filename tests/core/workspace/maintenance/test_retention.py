"""Retention: what goes by itself, and what is told beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import WorkspaceLimits
from core.workspace import micrographs
from core.workspace.maintenance import retention
from core.workspace.workspace import Workspace
from tests.core.workspace.filled import filled

DAY = 86_400


def test_nothing_goes_without_a_setting_but_what_nobody_can_find(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = filled(workspace)
    micrographs.add(workspace, "session:1", "upload:1", "b.tif", b"b")
    monkeypatch.setattr("time.time", lambda: kept.used + DAY / 2)
    assert retention.sweep(workspace) == 0
    monkeypatch.setattr("time.time", lambda: kept.used + 1000 * DAY)
    assert retention.sweep(workspace) == 1
    assert retention.soon(workspace, "anna") == ()
    assert micrographs.owners(workspace) == ("anna",)
    assert micrographs.count(workspace, "anna") == 2


def test_what_goes_is_told_a_week_before_and_stays_when_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path, WorkspaceLimits(keep_days=90))
    begun = 1_000_000_000.0

    def at(day: float) -> None:
        monkeypatch.setattr("time.time", lambda: begun + day * DAY)

    at(0)
    ids = {
        name: micrographs.add(workspace, "anna", f"upload:{name}", name, name.encode()).id
        for name in ("forgotten", "used")
    }
    at(82)
    retention.sweep(workspace)
    assert retention.soon(workspace, "anna") == ()
    at(84)
    retention.sweep(workspace)
    found = retention.soon(workspace, "anna")
    assert {one.micrograph.name for one in found} == {"forgotten", "used"}
    assert {one.date for one in found} == {begun + 91 * DAY}
    micrographs.use(workspace, "anna", ids["used"])
    assert [one.micrograph.name for one in retention.soon(workspace, "anna")] == ["forgotten"]
    assert retention.soon(workspace, "bert") == ()
    at(90.9)
    assert retention.sweep(workspace) == 0
    at(91)
    assert retention.sweep(workspace) == len(b"forgotten")
    assert [one.name for one in micrographs.listed(workspace, "anna")] == ["used"]


def test_clock_that_jumps_ahead_and_back_deletes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path, WorkspaceLimits(keep_days=90))
    kept = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"a")
    for jump in (5000, 0, 5000, 2, 5006):
        monkeypatch.setattr("time.time", lambda jump=jump: kept.used + jump * DAY)
        assert retention.sweep(workspace) == 0
    assert micrographs.find(workspace, "anna", kept.id) is not None
