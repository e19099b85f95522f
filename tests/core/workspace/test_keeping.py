"""Retention, verify, backup, export and import."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from core.errors import WorkspaceError
from core.segmentation.forest.strokes import Stroke
from core.segmentation.settings import ObjectSettings
from core.settings import Limits, WorkspaceLimits
from core.types.pixel_size import PixelSize
from core.workspace import drawings, micrographs
from core.workspace.archive import archive
from core.workspace.archive.image import LeftOut
from core.workspace.disk.reserve import RESERVE_BYTES
from core.workspace.drawings import Drawing
from core.workspace.maintenance import backup, retention, verify
from core.workspace.micrographs import Changes, Kept
from core.workspace.results import results
from core.workspace.results.stored_analysis import Written
from core.workspace.workspace import Workspace
from tests.core.workspace.traced_files import TracedFiles

DAY = 86_400
RUN = json.dumps(
    {
        "digest": "d",
        "phases": [{"name": "matrix", "color": "#000000"}],
        "card_pixel_size_nm": None,
        "objects": {},
        "tiles": {},
        "execution": {"device": "cpu", "backend": "openvino", "precision": "float32"},
        "seconds": 1.5,
        "selection": {},
        "intercepts": None,
        "forest": None,
    }
)
DRAWING = Drawing((Stroke(1, 7.5, ((0.25, 1.5), (2.0, 3.0))),), b"mask", 3, ("matrix", "disc"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def filled(workspace: Workspace, owner: str = "anna") -> Kept:
    """Keep an upload with everything that may hang on it, and a sample with a drawing."""
    kept = micrographs.add(workspace, owner, "", "a.tif", b"pixels", {"a.txt": b"scale"})
    source = micrographs.source_of("a.tif", b"pixels", {"a.txt": b"scale"})
    with workspace.database.write() as db:
        db.execute("UPDATE micrograph SET source = ? WHERE id = ?", (source, kept.id))
    kept = micrographs.change(
        workspace,
        owner,
        kept.id,
        title="Fe/C, as cast",
        notes="etched",
        tags=["steel"],
        model="particles",
        object_settings=ObjectSettings(split=0.25),
        changes=Changes(1, PixelSize(0.5, "typed by user"), None, 3),
    )
    drawings.save(workspace, owner, kept.id, "d1", DRAWING)
    add_result(workspace, kept)
    micrographs.add(workspace, owner, "sample:gold-tem", "gold", None)
    return kept


def add_result(workspace: Workspace, kept: Kept, key: str = "key") -> None:
    files = {
        name: workspace.blobs.add(f"{name} of {key}".encode())
        for name in ("segmentation", "objects")
    }
    written = Written("particles", "Particles", RUN, '{"schema": 1}', files)
    with workspace.database.write() as db:
        results.insert(db, workspace, kept.owner, kept.id, key, written)


def told(workspace: Workspace, owner: str) -> list[tuple]:
    """Return everything that an owner has, but for ids and times."""
    found = []
    for kept in micrographs.listed(workspace, owner, order="name"):
        files = micrographs.contents(workspace, kept) if kept.blob else None
        own = results.listed(workspace, owner, kept.id)
        found.append(
            (
                *(kept.source, kept.name, kept.title, kept.notes, kept.tags, kept.model),
                *(kept.object_settings, kept.changes, files),
                drawings.listed(workspace, owner, kept.id),
                [(one.key, one.model, one.title, one.run, one.provenance) for one in own],
                [workspace.blobs.read(digest) for one in own for digest in one.files.values()],
            )
        )
    return found


def exported(workspace: Workspace, owner: str = "anna") -> bytes:
    return b"".join(archive.export(workspace, owner))


# ---- retention


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


# ---- verify


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


# ---- a full disk


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


# ---- backup


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


# ---- export and import


def test_exported_library_comes_back_whole_in_another_one(
    workspace: Workspace, tmp_path: Path
) -> None:
    kept = filled(workspace)
    data = exported(workspace)
    other = Workspace(tmp_path / "other")
    loaded = archive.load(other, "bert", io.BytesIO(data))
    assert len(loaded) == 2
    assert told(other, "bert") == told(workspace, "anna")
    # Loading it again changes nothing, and own changes stay.
    micrographs.change(other, "bert", loaded[0].id, title="mine")
    archive.load(other, "bert", io.BytesIO(data))
    assert micrographs.find(other, "bert", loaded[0].id).title == "mine"
    assert micrographs.count(other, "bert") == 2
    assert verify.verify(other).problems == ()
    one = b"".join(archive.export(workspace, "anna", [kept.id]))
    assert len(archive.load(Workspace(tmp_path / "third"), "bert", io.BytesIO(one))) == 1
    assert archive.load(other, "carl", io.BytesIO(exported(workspace, "carl"))) == ()


def test_a_sample_of_the_labs_own_folder_is_exported_and_loaded(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = "sample:lab/Fe-C, 2 % nital.x.tif"
    micrographs.add(workspace, "anna", source, "lab/Fe-C, 2 % nital.x.tif", None)
    other = Workspace(tmp_path / "other")
    (loaded,) = archive.load(other, "bert", io.BytesIO(exported(workspace)))
    assert (loaded.source, loaded.name) == (source, source.removeprefix("sample:"))


def test_what_is_deleted_elsewhere_during_an_import_stays(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(workspace)
    other = Workspace(tmp_path / "other")
    theirs = filled(other, "carl")
    insert = results.insert

    def late(db: apsw.Connection, *given: object) -> object:
        # In the moment before: of these contents no row is left but carl's, which go.
        db.execute("COMMIT")
        micrographs.delete(other, "carl", [one.id for one in micrographs.listed(other, "carl")])
        db.execute("BEGIN IMMEDIATE")
        return insert(db, *given)

    monkeypatch.setattr(results, "insert", late)
    archive.load(other, "bert", io.BytesIO(exported(workspace)))
    assert theirs.id not in {one.id for one in micrographs.listed(other, "bert")}
    assert told(other, "bert") == told(workspace, "anna")
    assert verify.verify(other).problems == ()


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_export_leaves_out_what_is_lost_and_says_so(
    workspace: Workspace, tmp_path: Path, state: str
) -> None:
    kept = filled(workspace)
    lost = micrographs.add(workspace, "anna", "upload:2", "b.tif", b"other")
    (result,) = results.listed(workspace, "anna", kept.id)
    with workspace.database.read() as db:
        mask = db.execute("SELECT mask FROM drawing").get
    for digest in (lost.blob, result.files["objects"], mask):
        if state == "missing":
            workspace.blobs.path(digest).unlink()
        else:
            workspace.blobs.path(digest).write_bytes(b"x")
    told: list[LeftOut] = []
    data = b"".join(archive.export(workspace, "anna", tell=told.append))
    assert {one.image: one.all for one in told} == {lost.id: True, kept.id: False}
    other = Workspace(tmp_path / "other")
    found = archive.load(other, "bert", io.BytesIO(data))
    assert sorted(one.name for one in found) == ["a.tif", "gold"]
    assert [one.results for one in found] == [0, 0]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        text = packed.read("left-out.txt").decode()
    assert "The file of b.tif" in text and kept.title in text
    with pytest.raises(WorkspaceError, match=r"The file of b\.tif is missing or damaged") as alone:
        list(archive.export(workspace, "anna", [lost.id]))
    assert str(workspace.folder) not in str(alone.value)


def test_export_is_streamed(workspace: Workspace) -> None:
    for number in range(3):
        data = bytes([number]) * 10_000_000
        micrographs.add(workspace, "anna", f"upload:{number}", f"{number}.tif", data)
    sizes = [len(piece) for piece in archive.export(workspace, "anna")]
    assert sum(sizes) > 30_000_000
    assert max(sizes) < 5_000_000


def rewritten(data: bytes, change: Callable[[dict], object], **files: bytes) -> bytes:
    """Return a zip with its manifest changed in place, and other contents of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        manifest = json.loads(old.read("library.json"))
        change(manifest)
        new.writestr("library.json", json.dumps(manifest))
        for name in old.namelist():
            if name == "library.json":
                continue
            new.writestr(name, files.get(name.removeprefix("blobs/"), old.read(name)))
    return out.getvalue()


def image_of(manifest: dict) -> dict:
    return next(one for one in manifest["images"] if one["file"])


HOSTILE = {
    "version": lambda m: m.update(lamella_library=3),
    "more": lambda m: m.update(owner="anna"),
    "path": lambda m: image_of(m).update(name="../../etc/passwd"),
    "sidecar": lambda m: image_of(m)["sidecars"].update({"..\\a": image_of(m)["file"]}),
    "control": lambda m: image_of(m).update(title="a\x00b"),
    "half a letter": lambda m: image_of(m).update(notes="\ud800"),
    "long": lambda m: image_of(m).update(title="a" * 300),
    "digest": lambda m: image_of(m).update(file="../workspace.db"),
    "unknown digest": lambda m: image_of(m).update(file="0" * 64),
    "no file": lambda m: image_of(m).update(file=None, source="upload:1"),
    "source": lambda m: image_of(m).update(file=None, source="sample:../x"),
    "path that is a title too": lambda m: image_of(m).update(name="../x", title="../x"),
    "lab": lambda m: image_of(m).update(file=None, source="sample:lab/../x"),
    "type": lambda m: image_of(m)["changes"].update(page="1"),
    "page": lambda m: image_of(m)["changes"].update(page=-1),
    "not a number": lambda m: image_of(m)["changes"].update(
        pixel_size={"nm": float("nan"), "source": "typed by user"}
    ),
    "no size": lambda m: image_of(m)["changes"].update(pixel_size="nm"),
    "run": lambda m: image_of(m)["results"][0].update(run='{"objects": {"split": "x"}}'),
    "provenance": lambda m: image_of(m)["results"][0].update(provenance="{"),
    "brush": lambda m: image_of(m)["drawings"][0]["strokes"][0].update(width_px=1e9),
    "far": lambda m: image_of(m)["drawings"][0]["strokes"][0].update(points=[[1e9, 0]]),
    "long stroke": lambda m: image_of(m)["drawings"][0]["strokes"][0].update(
        points=[[0, 0], [9e4, 0]] * 20
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_manifest_is_refused_before_anything_is_kept(
    workspace: Workspace, tmp_path: Path, what: str
) -> None:
    filled(workspace)
    other = Workspace(tmp_path / "other")
    data = rewritten(exported(workspace), HOSTILE[what])
    with pytest.raises(WorkspaceError, match=r"no library that Lamella exported.*export it anew"):
        archive.load(other, "bert", io.BytesIO(data))
    assert not list(other.blobs.folder.iterdir())
    assert micrographs.owners(other) == ()


def test_damaged_or_foreign_zips_are_one_sentence(workspace: Workspace, tmp_path: Path) -> None:
    filled(workspace)
    data = exported(workspace)
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as packed:
        packed.writestr("thesis.tex", "text")
    flipped = data.replace(b"pixels", b"pixelz")
    for one in (b"", b"PK", data[:-200], foreign.getvalue(), flipped):
        with pytest.raises(WorkspaceError, match="no library that Lamella exported"):
            archive.load(Workspace(tmp_path / "other"), "bert", io.BytesIO(one))
    with pytest.raises(WorkspaceError, match="cannot be read"):
        archive.load(workspace, "bert", tmp_path)


def test_content_is_believed_only_with_its_digest(workspace: Workspace, tmp_path: Path) -> None:
    """Who knows the SHA-256 of somebody's file does not get the file by an import."""
    kept = filled(workspace)
    data = rewritten(exported(workspace), lambda m: None, **{kept.blob: b"guess!"})
    for target in (workspace, Workspace(tmp_path / "other")):
        with pytest.raises(WorkspaceError, match="not what its SHA-256 says"):
            archive.load(target, "bert", io.BytesIO(data))
        assert not any(one.blob for one in micrographs.listed(target, "bert"))
        assert not list(target.blobs.unfinished.iterdir())


def test_quota_and_file_limit_hold_for_an_import(workspace: Workspace, tmp_path: Path) -> None:
    filled(workspace)
    data = exported(workspace)
    small = Workspace(tmp_path / "small", WorkspaceLimits(owner_bytes=20))
    with pytest.raises(WorkspaceError, match="Your library holds"):
        archive.load(small, "bert", io.BytesIO(data))
    with pytest.raises(WorkspaceError, match="larger than 5 bytes"):
        archive.load(small, "bert", io.BytesIO(data), Limits(file_bytes=5))
    assert not list(small.blobs.folder.iterdir())
