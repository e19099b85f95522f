"""A backup is a workspace itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import WorkspaceError
from core.workspace import micrographs
from core.workspace.maintenance import backup, verify
from core.workspace.workspace import Workspace
from tests.core.workspace.filled import filled, told


def test_backup_is_a_workspace_and_the_next_one_copies_what_is_new(
    workspace: Workspace, tmp_path: Path
) -> None:
    kept = filled(workspace)
    (workspace.folder / "secret").write_bytes(b"s" * 32)
    done = backup.backup(workspace, tmp_path / "backup")
    assert (done.files, done.copied, done.problems) == (5, 5, ())
    restored = Workspace(tmp_path / "backup")
    assert told(restored, "anna") == told(workspace, "anna")
    assert verify.verify(restored).problems == ()
    assert (restored.folder / "secret").read_bytes() == b"s" * 32
    assert (restored.folder / "secret").stat().st_mode & 0o777 == 0o600
    restored.close()
    micrographs.add(workspace, "bert", "upload:2", "b.tif", b"new")
    micrographs.delete(workspace, "anna", [kept.id])
    done = backup.backup(workspace, tmp_path / "backup")
    assert (done.files, done.copied, done.problems) == (1, 1, ())
    restored = Workspace(tmp_path / "backup")
    assert told(restored, "bert") == told(workspace, "bert")
    assert len([path for path in restored.blobs.folder.glob("*/*")]) == 1


def test_backup_is_of_one_moment_and_tells_what_is_damaged(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = filled(workspace)
    other = micrographs.add(workspace, "bert", "upload:2", "b.tif", b"stays")
    before = told(workspace, "anna")

    def delete_now(done: int, total: int) -> None:
        assert micrographs.delete(workspace, "anna", [first.id]) == 0

    done = backup.backup(workspace, tmp_path / "backup", delete_now)
    assert (done.files, done.problems) == (6, ())
    assert told(Workspace(tmp_path / "backup"), "anna") == before
    assert [path.name for path in workspace.blobs.folder.glob("*/*")] == [other.blob]
    workspace.blobs.path(other.blob).write_bytes(b"xxxxx")
    (problem,) = backup.backup(workspace, tmp_path / "second").problems
    assert "lamella library verify" in problem


def test_backup_refuses_a_folder_that_is_none_of_its_own(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("text")
    with pytest.raises(WorkspaceError, match="holds other files"):
        backup.backup(workspace, tmp_path / "other")
    for inside in (workspace.folder, workspace.folder / "backup"):
        with pytest.raises(WorkspaceError, match="lies in the workspace itself"):
            backup.backup(workspace, inside)
