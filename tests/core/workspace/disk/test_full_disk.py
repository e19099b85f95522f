"""On a full disk nothing is half saved, and deleting works."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from core.errors import WorkspaceError
from core.settings import WorkspaceLimits
from core.workspace import micrographs
from core.workspace.disk.reserve import RESERVE_BYTES
from core.workspace.maintenance import verify
from core.workspace.results import results
from core.workspace.workspace import Workspace
from tests.core.workspace.disk.traced_files import TracedFiles
from tests.core.workspace.filled import add_result, filled, told


def test_full_disk_at_any_step_of_saving_leaves_a_sound_workspace(tmp_path: Path) -> None:
    files = TracedFiles()
    workspace = Workspace(tmp_path, files=files)
    filled(workspace)
    before = told(workspace, "anna")
    for number in range(40):
        files.done.clear()
        files.fail_at = number
        data, sidecars = f"pixels {number}".encode(), {"b.txt": f"scale {number}".encode()}
        try:
            kept = micrographs.add(workspace, "bert", f"upload:{number}", "b.tif", data, sidecars)
            add_result(workspace, kept, f"{number}")
        except WorkspaceError as error:
            assert "is full, so this was not saved" in str(error)
        else:
            break
        files.fail_at = -1
        assert verify.verify(workspace).problems == ()
    # Of four files: create, write, sync, close, rename, sync the folder, and some new folders.
    assert number >= 4 * 6
    assert told(workspace, "anna") == before
    assert micrographs.contents(workspace, kept) == (data, sidecars)
    assert len(results.listed(workspace, "bert", kept.id)) == 1


def test_deleting_takes_the_room_that_was_kept_for_it(workspace: Workspace) -> None:
    reserve = workspace.folder / "reserve"
    kept = [micrographs.add(workspace, "anna", f"upload:{n}", "a.tif", b"%d" % n) for n in range(3)]
    asked: list[str] = []

    def full(cursor: apsw.Cursor, sql: str, values: object) -> bool:
        if sql.startswith("DELETE FROM micrograph"):
            asked.append(sql)
            # Room for one image at a time, and that only once it was given up.
            if reserve.exists() or len(asked) == 3:
                raise apsw.FullError("database or disk is full")
        return True

    with workspace.database.read() as db:
        db.exec_trace = full
    assert reserve.stat().st_size == RESERVE_BYTES
    with pytest.raises(WorkspaceError, match="is full"):
        micrographs.delete(workspace, "anna", [one.id for one in kept])
    assert [one.id for one in micrographs.listed(workspace, "anna")] == [kept[2].id, kept[1].id]
    assert reserve.stat().st_size == RESERVE_BYTES


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("is_anew", [False, True], ids=["open", "opened anew"])
def test_on_a_disk_full_to_the_last_byte_deleting_works(small_disk: Path, is_anew: bool) -> None:
    limits = WorkspaceLimits(free_bytes=0)
    workspace = Workspace(small_disk / "workspace", limits)
    kept = [
        micrographs.add(workspace, "anna", f"upload:{number}", "a.tif", os.urandom(50_000))
        for number in range(4)
    ]
    if is_anew:
        workspace.close()
    with (
        (small_disk / "other").open("wb", buffering=0) as other,
        pytest.raises(OSError, match="28"),
    ):
        while True:
            other.write(bytes(4096))
    if is_anew:
        workspace = Workspace(small_disk / "workspace", limits)
    assert micrographs.delete(workspace, "anna", [one.id for one in kept[:3]]) == 150_000
    assert micrographs.listed(workspace, "anna") == (kept[3],)
    assert shutil.disk_usage(small_disk).free > 0
    assert verify.verify(workspace).problems == ()
    workspace.close()
