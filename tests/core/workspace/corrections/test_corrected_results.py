"""What follows from corrections: numbers, files, and the workspace around them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.remeasure import recalibrate, regroup
from core.correction import codec
from core.correction.blank import blank, blank_card
from core.correction.changes import Change, repainted
from core.correction.measured import ObjectTable
from core.correction.state import OUTSIDE, CorrectionState, ObjectRecord
from core.errors import WorkspaceError
from core.export.archive import result_archive
from core.export.provenance import provenance
from core.fields.field import measure_field
from core.fields.record import from_json, to_json
from core.measurement.phase_fraction import phase_fractions
from core.measurement.regions import measure_objects
from core.segmentation.settings import ObjectSettings
from core.settings import WorkspaceLimits
from core.types.pixel_size import PixelSize
from core.workspace import micrographs, quota
from core.workspace.archive import archive
from core.workspace.corrections import corrections, snapshot
from core.workspace.corrections.open_correction import open_correction
from core.workspace.disk.database import Database
from core.workspace.disk.schema import MIGRATIONS
from core.workspace.maintenance import backup, verify
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from tests.core.correction.edits import assert_equal, pixels_of, random_change
from tests.core.workspace.corrections.corrected_result import (
    again,
    analysis,
    begun,
    deleted,
    drawn,
    kept_result,
    step,
)
from tests.core.workspace.results.test_results import discs

# ---- what follows from it


def test_result_comes_back_corrected_and_says_so(workspace: Workspace) -> None:
    opened = begun(workspace)
    stored = results.find(workspace, "anna", "key")
    assert stored.by_hand is None
    opened.apply(step(opened, deleted(opened.state, 2)))
    opened.apply(step(opened, drawn(opened.state)))
    state = opened.state
    grown = repainted(state, pixels_of(state, 1) + 1, 1, 1)
    opened.apply(step(opened, grown))
    stored = results.find(workspace, "anna", "key")
    assert str(stored.by_hand) == "corrected by hand: 2 objects of 7, 1 removed, 1 confirmed"
    found = stored_analysis.load(workspace, stored, discs(), analysis().card)
    assert found.table["id"].tolist() == [1, 3, 4, 5, 6, 7, 8]
    assert found.table["made_by"].tolist() == ["corrected", *["model"] * 5, "drawn"]
    assert found.table["confirmed"].tolist() == [False] * 6 + [True]
    assert found.table["area_nm2"].iloc[-1] == 30 * 4
    np.testing.assert_array_equal(found.objects, state.ids)
    assert not (found.segmentation.labels == OUTSIDE).any()
    assert found.segmentation.labels[102, 7] == 1 and found.segmentation.labels[20, 60] == 0
    assert found.segmentation.probabilities[:, 102, 7].tolist() == [0, 1]
    assert found.segmentation.probabilities[:, 20, 60].tolist() == [1, 0]
    assert found.objects_digest != analysis().objects_digest
    changed = (state.ids != analysis().objects).sum()
    assert found.by_hand.changed_share == pytest.approx(changed / discs().measurable.sum())
    told = provenance(found)
    assert told["corrected_by_hand"]["corrected"] == 2 and told["command"] is None
    assert told["corrected_by_hand"]["revision"] == 3
    assert provenance(analysis())["corrected_by_hand"] is None
    readme = zipfile.ZipFile(io.BytesIO(result_archive(found, "discs"))).read("README.txt")
    assert b"corrected by hand: 2 objects of 7, 1 removed, 1 confirmed" in readme
    measured = measure_field(found)
    assert measured.notes[0] == (
        "The segmentation was corrected by hand: 2 objects of 7, 1 removed, 1 confirmed."
    )
    assert sum("corrected by hand" in note for note in measured.notes) == 1
    pd.testing.assert_frame_equal(from_json(to_json(measured)).table, measured.table)
    assert measured.table["made_by"].tolist() == found.table["made_by"].tolist()
    # Other object settings and another pixel size leave what was corrected.
    assert regroup(found, ObjectSettings(split=0.9)) is found
    in_um = recalibrate(found, discs(PixelSize(4.0, "typed by user")))
    assert in_um.table["area_nm2"].tolist() == (4 * found.table["area_nm2"]).tolist()
    assert in_um.table["made_by"].tolist() == found.table["made_by"].tolist()
    # The same run once more does not take its place.
    assert results.add(workspace, "anna", stored.micrograph, "key", analysis()) == stored
    for _ in range(3):
        opened.apply(step(opened, Change(), "undo"))
    plain = stored_analysis.load(workspace, stored, discs(), analysis().card)
    assert plain.by_hand is None
    pd.testing.assert_frame_equal(plain.table, analysis().table)


@pytest.mark.parametrize("size", [PixelSize(2.0, "typed by user"), None])
def test_table_that_is_kept_up_to_date_is_that_of_the_whole_image(
    workspace: Workspace, size: PixelSize | None
) -> None:
    opened, random, image = begun(workspace), np.random.default_rng(5), discs(size)
    opened.table(image)
    for _ in range(6):
        for _ in range(4):
            opened.apply(step(opened, random_change(opened.state, random)))
        state = opened.state
        whole = measure_objects(state.ids, image.pixels, size, image.measurable)
        found = opened.table(image)[list(whole)]
        pd.testing.assert_frame_equal(found, whole, check_exact=True)
        labels = np.where(state.labels == OUTSIDE, 0, state.labels)
        fractions = phase_fractions(labels, state.phases, size, image.measurable)
        pd.testing.assert_frame_equal(opened.phases(image), fractions)


def test_objects_in_oblong_pixels_are_measured_in_square_ones() -> None:
    size = PixelSize(2.0, "typed by user", 4.0)
    state, image = CorrectionState(*_rectangle(), {1: ObjectRecord(1)}), discs(size)
    table = ObjectTable(state, image).table(state)
    assert table["area_nm2"].tolist() == [20 * 10 * 2 * 4]
    assert table["centroid_row_px"].tolist() == pytest.approx([24.5], abs=0.5)


def _rectangle() -> tuple[np.ndarray, np.ndarray, tuple]:
    ids, labels = np.zeros((120, 160), np.uint32), np.zeros((120, 160), np.uint8)
    ids[20:30, 30:50], labels[20:30, 30:50] = 1, 1
    return ids, labels, analysis().card.phases


def test_image_is_labelled_from_nothing_and_comes_back(workspace: Workspace) -> None:
    kept = micrographs.add(workspace, "anna", "upload:1", "discs.tif", b"pixels")
    image = discs()
    empty = blank(image)
    assert len(empty.table) == 0 and not empty.segmentation.labels.any()
    stored = results.add(workspace, "anna", kept.id, "blank", empty)
    corrections.begin(workspace, "anna", stored.id, empty)
    opened = open_correction(workspace, "anna", stored.id)
    assert opened.state.next_id == 1
    opened.apply(step(opened, drawn(opened.state)))
    stored = results.find(workspace, "anna", "blank")
    found = stored_analysis.load(workspace, stored, image, blank_card())
    assert (found.table["id"].tolist(), str(found.by_hand)) == (
        [1],
        "corrected by hand: 1 object of 1, 1 confirmed",
    )


# ---- the workspace around it


def test_workspace_of_the_version_before_is_migrated_and_keeps_what_is_in_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    stored = kept_result(workspace)
    old = tmp_path / "old"
    old.mkdir()
    before = Database(old / "workspace.db", MIGRATIONS[:1])
    with workspace.database.read() as rows, before.write() as db:
        for table in ("blob", "micrograph", "result", "result_file"):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            values = rows.execute(f"SELECT {', '.join(names)} FROM {table}")
            places = ", ".join("?" * len(names))
            db.executemany(f"INSERT INTO {table} VALUES ({places})", list(values))
    before.close()
    shutil.copytree(workspace.folder / "blobs", old / "blobs")
    migrated = Workspace(old)
    assert results.find(migrated, "anna", "key") == stored
    opened = begun(migrated)
    opened.apply(step(opened, deleted(opened.state, 1)))
    # What a snapshot alone names stays.
    assert migrated.blobs.remove_unused(migrated.database) == 0
    assert again(opened).counts.removed == 1


def test_deleting_a_result_or_its_corrections_really_deletes(workspace: Workspace) -> None:
    opened = begun(workspace)
    opened.apply(step(opened, deleted(opened.state, 1)))
    opened.save_snapshot()
    result = opened.head.result
    digests = [digest for _, digest in corrections.snapshots(workspace, result)]
    assert corrections.discard(workspace, "anna", result) > 0
    assert not any(workspace.blobs.path(digest).exists() for digest in digests)
    assert results.find(workspace, "anna", "key").by_hand is None
    with pytest.raises(WorkspaceError, match="their result was deleted"):
        opened.apply(step(opened, deleted(opened.state, 2)))
    opened = begun(workspace)
    assert opened.revision == 0
    micrographs.delete(workspace, "anna", [results.find(workspace, "anna", "key").micrograph])
    with workspace.database.read() as db:
        for table in ("correction", "correction_step", "correction_snapshot", "blob"):
            assert db.execute(f"SELECT count(*) FROM {table}").get == 0
    assert verify.verify(workspace).problems == ()


def test_quota_counts_corrections_and_a_full_one_loses_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    kept_result(workspace)
    plain = quota.used_bytes(workspace, "anna")
    opened = begun(workspace)
    size = quota.used_bytes(workspace, "anna")
    assert size > plain
    opened.apply(step(opened, deleted(opened.state, 1)))
    assert quota.used_bytes(workspace, "anna") > size
    full = Workspace(tmp_path, WorkspaceLimits(owner_bytes=quota.used_bytes(workspace, "anna")))
    second = open_correction(full, "anna", opened.head.result)
    with pytest.raises(WorkspaceError, match="Your library holds"):
        second.apply(step(second, deleted(second.state, 2)))
    assert_equal(second.state, opened.state)
    assert_equal(again(opened).state, opened.state)


@pytest.mark.parametrize("damaged", [0, 1])
def test_damaged_snapshot_is_told_and_another_one_leads_to_the_same(
    workspace: Workspace, damaged: int
) -> None:
    opened = begun(workspace)
    opened.apply(step(opened, deleted(opened.state, 1)))
    opened.save_snapshot()
    result = opened.head.result
    snapshots = corrections.snapshots(workspace, result)
    workspace.blobs.path(snapshots[damaged][1]).write_bytes(b"other")
    assert_equal(again(opened).state, opened.state)
    (problem,) = verify.verify(workspace, repair=True).problems
    assert "is damaged; another one leads to the same" in problem
    assert verify.verify(workspace).problems == ()
    assert_equal(again(opened).state, opened.state)
    data = b"".join(archive.export(workspace, "anna"))
    other = Workspace(workspace.folder.parent / "other")
    archive.load(other, "bert", io.BytesIO(data))
    stored = results.find(other, "bert", "key")
    assert_equal(open_correction(other, "bert", stored.id).state, opened.state)
    (last,) = corrections.snapshots(workspace, result)
    workspace.blobs.path(last[1]).unlink()
    with pytest.raises(WorkspaceError, match="missing or damaged"):
        again(opened)
    (problem,) = verify.verify(workspace, repair=True).problems
    assert "cannot be read; correct it again" in problem
    assert corrections.find(workspace, "anna", result) is None
    assert results.find(workspace, "anna", "key") is not None


def test_backup_and_export_hold_every_step(workspace: Workspace, tmp_path: Path) -> None:
    opened, random = begun(workspace), np.random.default_rng(6)
    for number in range(12):
        change = random_change(opened.state, random)
        undoes = number == 9
        opened.apply(step(opened, Change() if undoes else change, "undo" if undoes else "brush"))
    backup.backup(workspace, tmp_path / "backup")
    restored = again(opened, tmp_path / "backup")
    data = b"".join(archive.export(workspace, "anna"))
    other = Workspace(tmp_path / "other")
    for _ in range(2):
        archive.load(other, "bert", io.BytesIO(data))
        assert verify.verify(other).problems == ()
        stored = results.find(other, "bert", "key")
        assert stored.by_hand == results.find(workspace, "anna", "key").by_hand
    for found in (restored, open_correction(other, "bert", stored.id)):
        assert found.encoded() == opened.encoded()
        while found.is_changed:
            found.apply(step(found, Change(), "undo"))
        np.testing.assert_array_equal(found.state.ids, analysis().objects)


@pytest.mark.parametrize("what", ["log", "order", "twice", "first", "bomb", "reused"])
def test_corrections_of_anybody_are_refused_before_anything_is_kept(
    workspace: Workspace, tmp_path: Path, what: str
) -> None:
    opened = begun(workspace)
    opened.apply(step(opened, deleted(opened.state, 1)))
    opened.apply(step(opened, drawn(opened.state)))
    data = b"".join(archive.export(workspace, "anna"))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        manifest = json.loads(packed.read("library.json"))
        contents = {name: packed.read(name) for name in packed.namelist()}
    kept = manifest["images"][0]["results"][0]["correction"]
    first, log = (contents[f"blobs/{kept[name]}"] for name in ("first", "log"))
    one, two = codec.decode_steps(log)
    state = snapshot.decode(first)
    nowhere = np.arange(50 * 160, 50 * 160 + 9)
    reusing = repainted(opened.state, nowhere, 1, 1, {1: ObjectRecord(1, "drawn")})
    wrong = {
        "log": log[:-1],
        "order": codec.encode_step(two) + codec.encode_step(one),
        "twice": codec.encode_step(one) + codec.encode_step(replace(two, serial=one.serial)),
        "first": first[: len(first) // 2],
        "bomb": snapshot.encode(state).replace(b'"shape":[120,160]', b'"shape":[9120,160]'),
        "reused": codec.encode_step(one) + codec.encode_step(replace(two, change=reusing)),
    }[what]
    name = "first" if what in ("first", "bomb") else "log"
    kept[name] = hashlib.sha256(wrong).hexdigest()
    contents[f"blobs/{kept[name]}"] = wrong
    contents["library.json"] = json.dumps(manifest).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for entry, content in contents.items():
            packed.writestr(entry, content)
    other = Workspace(tmp_path / "other")
    with pytest.raises(WorkspaceError):
        archive.load(other, "bert", stream)
    assert micrographs.owners(other) == ()
    assert not list(other.blobs.folder.iterdir())
