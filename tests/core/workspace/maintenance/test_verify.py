"""Verification: leftovers, and files that are missing or damaged."""

from __future__ import annotations

import os

import pytest

from core.errors import WorkspaceError
from core.workspace import micrographs
from core.workspace.maintenance import backup, retention, verify
from core.workspace.results import results
from core.workspace.workspace import Workspace
from tests.core.workspace.filled import filled


def test_old_leftovers_are_told_and_go_with_repair_alone(workspace: Workspace) -> None:
    filled(workspace)
    (workspace.folder / "secret").write_bytes(b"s" * 32)
    orphan = workspace.blobs.path(workspace.blobs.add(b"without a row"))
    unfinished = workspace.blobs.unfinished / "half"
    unfinished.write_bytes(b"half")
    young = verify.verify(workspace)
    assert (young.problems, young.leftovers) == ((), 0)
    for path in (orphan, unfinished):
        os.utime(path, (0, 0))
    report = verify.verify(workspace)
    assert (report.files, report.leftovers, report.removed) == (5, 2, 0)
    assert report.bytes == len(b"pixelsscalemasksegmentation of keyobjects of key")
    (problem,) = report.problems
    assert "2 files" in problem and "--repair" in problem
    assert orphan.exists() and unfinished.exists()
    report = verify.verify(workspace, repair=True)
    assert (report.leftovers, report.removed, report.problems) == (2, 2, ())
    assert not orphan.exists() and not unfinished.exists()
    assert (workspace.folder / "secret").exists()


@pytest.mark.parametrize("repair", [False, True])
def test_contents_beside_a_database_that_names_none_stay(
    workspace: Workspace, repair: bool
) -> None:
    """As where the database was lost and one made anew."""
    found = [workspace.blobs.path(workspace.blobs.add(data)) for data in (b"a", b"b")]
    for path in found:
        os.utime(path, (0, 0))
    report = verify.verify(workspace, repair=repair)
    (problem,) = report.problems
    assert "2 files" in problem and "put a backup's workspace.db in its place" in problem
    retention.sweep(workspace)
    assert (report.removed, [path.exists() for path in found]) == (0, [True, True])
    with pytest.raises(WorkspaceError, match="its database names none; put a backup's"):
        backup.backup(workspace, workspace.folder.with_name("backup"))


def test_sweep_removes_old_unfinished_files_alone(workspace: Workspace) -> None:
    filled(workspace)
    orphan = workspace.blobs.path(workspace.blobs.add(b"without a row"))
    old, young = (workspace.blobs.unfinished / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    for path in (old, orphan):
        os.utime(path, (0, 0))
    assert retention.sweep(workspace) == 0
    assert [path.exists() for path in (old, young, orphan)] == [False, True, True]


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_every_missing_or_damaged_file_is_told_and_mended_where_it_can_be(
    workspace: Workspace, state: str
) -> None:
    kept = filled(workspace)
    (result,) = results.listed(workspace, "anna", kept.id)
    concerned = (kept.blob, kept.sidecars["a.txt"], result.files["objects"])
    for digest in concerned:
        if state == "missing":
            workspace.blobs.path(digest).unlink()
        else:
            workspace.blobs.path(digest).write_bytes(b"other")
    told_before = verify.verify(workspace).problems
    assert len(told_before) == 3
    assert all("Fe/C, as cast" in text and f"is {state}" in text for text in told_before)
    assert sum("upload it again" in text for text in told_before) == 2
    assert verify.verify(workspace, repair=True).problems == told_before
    assert results.listed(workspace, "anna", kept.id) == ()
    assert len(verify.verify(workspace).problems) == 2
    micrographs.add(workspace, "anna", kept.source, "a.tif", b"pixels", {"a.txt": b"scale"})
    assert verify.verify(workspace).problems == ()
    again = micrographs.find(workspace, "anna", kept.id)
    assert micrographs.contents(workspace, again) == (b"pixels", {"a.txt": b"scale"})
    assert (again.title, again.notes) == (kept.title, "etched")
