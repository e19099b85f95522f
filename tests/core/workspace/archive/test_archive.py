"""Export and import of a library as one zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from core.errors import WorkspaceError
from core.settings import Limits, WorkspaceLimits
from core.workspace import micrographs
from core.workspace.archive import archive
from core.workspace.archive.image import LeftOut
from core.workspace.maintenance import verify
from core.workspace.results import results
from core.workspace.workspace import Workspace
from tests.core.workspace.filled import exported, filled, told


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
