"""What is corrected by hand is kept step by step, and nothing that was confirmed is lost."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis import Analysis, ObjectSettings, recalibrate, regroup
from core.correction import changes, codec
from core.correction.blank import blank, blank_card
from core.correction.changes import Change, repainted
from core.correction.codec import Step
from core.correction.measured import ObjectTable
from core.correction.state import OUTSIDE, CorrectionState, ObjectRecord
from core.errors import CorrectionError, StaleError, WorkspaceError
from core.export.archive import result_archive
from core.export.provenance import provenance
from core.fields.field import measure_field
from core.fields.record import from_json, to_json
from core.measurement.phase_fraction import phase_fractions
from core.measurement.regions import measure_objects
from core.settings import WorkspaceLimits
from core.types import PixelSize
from core.workspace import (
    archive,
    backup,
    correction_snapshot,
    corrections,
    micrographs,
    quota,
    results,
    verify,
)
from core.workspace.database import Database
from core.workspace.open_correction import OpenCorrection, open_correction
from core.workspace.results import Stored
from core.workspace.schema import MIGRATIONS
from core.workspace.workspace import Workspace
from tests.core.correction.edits import assert_equal, copied, pixels_of, random_change
from tests.core.workspace.test_results import discs, made
from tests.core.workspace.traced_files import TracedFiles


@cache
def analysis() -> Analysis:
    return made("objects", discs())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def kept_result(workspace: Workspace, owner: str = "anna") -> Stored:
    kept = micrographs.add(
        workspace, owner, micrographs.source_of("discs.tif", b"pixels", {}), "discs.tif", b"pixels"
    )
    return results.add(workspace, owner, kept.id, "key", analysis())


def begun(workspace: Workspace, owner: str = "anna") -> OpenCorrection:
    stored = kept_result(workspace, owner)
    corrections.begin(workspace, owner, stored.id, analysis())
    return open_correction(workspace, owner, stored.id)


def again(opened: OpenCorrection, folder: Path | None = None) -> OpenCorrection:
    """Return the corrections as another process reads them."""
    head = opened.head
    place = Workspace(folder or opened.workspace.folder)
    return open_correction(place, head.owner, head.result)


def step(opened: OpenCorrection, change: Change, kind: str = "brush", serial: str = "") -> bytes:
    base = opened.revision
    return codec.encode_step(Step(serial or f"{kind} {base}", base, kind, change))


def deleted(state: CorrectionState, number: int) -> Change:
    return repainted(state, pixels_of(state, number), 0, 0)


def drawn(state: CorrectionState) -> Change:
    """Return a new object of 5 x 6 px where there was none."""
    rows, columns = np.mgrid[100:105, 5:11]
    new = state.next_id
    record = ObjectRecord(1, "drawn", confirmed=True)
    return repainted(state, (rows * 160 + columns).ravel(), new, 1, {new: record})


def test_every_confirmed_step_outlives_the_process_and_is_undone_and_redone_exactly(
    workspace: Workspace, tmp_path: Path
) -> None:
    opened, random = begun(workspace), np.random.default_rng(3)
    beginning, states = copied(opened.state), []
    for number in range(50):
        kind = str(random.choice(["brush", "undo", "redo"], p=[0.7, 0.2, 0.1]))
        change = random_change(opened.state, random) if kind == "brush" else Change()
        try:
            assert opened.apply(step(opened, change, kind)) == opened.revision
        except CorrectionError as error:
            assert "Nothing was" in str(error)
        if number in (0, 7, 49):
            # What a process that is killed now leaves on the disk.
            crashed = tmp_path / f"crashed {number}"
            shutil.copytree(workspace.folder, crashed)
            found = again(opened, crashed)
            assert_equal(found.state, opened.state)
            assert found.revision == opened.revision
            assert found.encoded(1) == opened.encoded(1)
            assert found.state.next_id == opened.state.next_id
    end = copied(opened.state)
    while opened.is_changed:
        states.append(copied(opened.state))
        opened.apply(step(opened, Change(), "undo"))
    assert len(states) > 10
    assert_equal(opened.state, beginning)
    assert opened.counts == replace(opened.counts, corrected=0, removed=0)
    opened = again(opened)
    for wanted in reversed(states):
        opened.apply(step(opened, Change(), "redo"))
        assert_equal(opened.state, wanted)
    assert_equal(opened.state, end)


def test_opening_after_many_steps_writes_a_snapshot_and_leads_to_the_same(
    workspace: Workspace,
) -> None:
    opened, random = begun(workspace), np.random.default_rng(4)
    twin, steps = copied(opened.state), []
    for base in range(101):
        change = random_change(twin, random)
        changes.apply(twin, change)
        steps.append(codec.encode_step(Step(f"{base}", base, "brush", change)))
    assert opened.apply(b"".join(steps)) == 101
    assert_equal(opened.state, twin)
    result = opened.head.result
    assert [one for one, _ in corrections.snapshots(workspace, result)] == [0]
    assert_equal(again(opened).state, opened.state)
    assert [one for one, _ in corrections.snapshots(workspace, result)] == [101, 0]
    found = again(opened)
    assert_equal(found.state, opened.state)
    assert found.encoded() == opened.encoded()
    found.apply(step(found, Change(), "undo"))
    assert_equal(again(opened).state, found.state)
    assert opened.catch_up() == 1
    assert_equal(opened.state, found.state)


def test_second_tab_is_told_and_overwrites_nothing(workspace: Workspace) -> None:
    first = begun(workspace)
    second = again(first)
    old = step(second, deleted(second.state, 1), serial="second tab")
    first.apply(step(first, deleted(first.state, 2)))
    with pytest.raises(StaleError, match="another tab.*Nothing was overwritten"):
        second.apply(old)
    assert_equal(second.state, first.state)
    second.apply(step(second, deleted(second.state, 1), serial="second tab"))
    assert again(first).counts.removed == 2


def test_step_that_is_sent_twice_is_made_once(workspace: Workspace) -> None:
    opened = begun(workspace)
    one = step(opened, deleted(opened.state, 1), serial="a")
    assert opened.apply(one) == 1
    state = copied(opened.state)
    assert opened.apply(one) == 1
    following = step(opened, deleted(opened.state, 2), serial="b")
    # The answer to the first was lost, so that the browser sends both.
    assert again(opened).apply(one + following) == 2
    assert opened.apply(one + following) == 2
    opened.apply(step(opened, Change(), "undo"))
    assert_equal(opened.state, state)


def test_steps_of_one_message_are_made_all_or_none(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = begun(workspace)
    ahead = begun(workspace, "bert")
    parts = [step(ahead, deleted(ahead.state, 3))]
    ahead.apply(parts[-1])
    parts.append(step(ahead, drawn(ahead.state)))
    ahead.apply(parts[-1])
    parts.append(step(ahead, Change(), "undo"))
    ahead.apply(parts[-1])
    before, encoded = copied(opened.state), opened.encoded()
    wrong = codec.encode_step(Step("w", 3, "brush", deleted(before, 3)))
    with pytest.raises(CorrectionError):
        opened.apply(b"".join(parts) + wrong)
    add_step = corrections.add_step

    def crash_at_the_third(db, result, revision, *rest) -> None:
        if revision == 3:
            raise OSError("power")
        add_step(db, result, revision, *rest)

    monkeypatch.setattr(corrections, "add_step", crash_at_the_third)
    with pytest.raises(WorkspaceError, match="failed"):
        opened.apply(b"".join(parts))
    monkeypatch.undo()
    for one in (opened, again(opened)):
        assert_equal(one.state, before)
        assert one.encoded() == encoded
        assert one.state.next_id == before.next_id
    assert opened.apply(b"".join(parts)) == 3
    assert_equal(opened.state, ahead.state)
    assert opened.state.next_id == before.next_id + 1


def test_undo_names_the_last_step_or_is_refused(workspace: Workspace) -> None:
    opened = begun(workspace)
    opened.apply(step(opened, deleted(opened.state, 1), serial="a"))
    with pytest.raises(CorrectionError, match="Another step"):
        opened.apply(codec.encode_step(Step("u", 1, "undo", Change(), "b")))
    # What a browser says of it counts for nothing: the log has it.
    lie = deleted(opened.state, 2)
    opened.apply(codec.encode_step(Step("u", 1, "undo", lie, "a")))
    assert sorted(again(opened).state.objects) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("failing", ["begin", "snapshot"])
def test_crash_between_any_two_writes_loses_no_confirmed_step(tmp_path: Path, failing: str) -> None:
    files = TracedFiles()
    workspace = Workspace(tmp_path, files=files)
    stored = kept_result(workspace)
    wanted = None
    for number in range(20):
        files.done.clear()
        files.fail_at = number if failing == "begin" else -1
        try:
            corrections.begin(workspace, "anna", stored.id, analysis())
            files.fail_at = -1
            opened = open_correction(workspace, "anna", stored.id)
            if wanted is None:
                opened.apply(step(opened, deleted(opened.state, 1)))
                wanted = copied(opened.state)
            files.done.clear()
            files.fail_at = number if failing == "snapshot" else -1
            opened.save_snapshot()
            break
        except WorkspaceError as error:
            assert "is full" in str(error)
            files.fail_at = -1
            assert verify.verify(workspace).problems == ()
            if failing == "snapshot":
                assert_equal(open_correction(workspace, "anna", stored.id).state, wanted)
            else:
                assert corrections.find(workspace, "anna", stored.id) is None
    assert number >= 5
    files.fail_at = -1
    assert_equal(open_correction(workspace, "anna", stored.id).state, wanted)


def test_nothing_of_another_owner_is_read_or_changed(workspace: Workspace) -> None:
    opened = begun(workspace)
    result = opened.head.result
    assert corrections.find(workspace, "bert", result) is None
    for ask in (open_correction, corrections.begin):
        arguments = (analysis(),) if ask is corrections.begin else ()
        with pytest.raises(WorkspaceError, match="not in your library"):
            ask(workspace, "bert", result, *arguments)
    corrections.discard(workspace, "bert", result)
    assert corrections.find(workspace, "anna", result) is not None


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
    found = results.load(workspace, stored, discs(), analysis().card)
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
    plain = results.load(workspace, stored, discs(), analysis().card)
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
    found = results.load(workspace, stored, image, blank_card())
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
    state = correction_snapshot.decode(first)
    nowhere = np.arange(50 * 160, 50 * 160 + 9)
    reusing = repainted(opened.state, nowhere, 1, 1, {1: ObjectRecord(1, "drawn")})
    wrong = {
        "log": log[:-1],
        "order": codec.encode_step(two) + codec.encode_step(one),
        "twice": codec.encode_step(one) + codec.encode_step(replace(two, serial=one.serial)),
        "first": first[: len(first) // 2],
        "bomb": correction_snapshot.encode(state).replace(
            b'"shape":[120,160]', b'"shape":[9120,160]'
        ),
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
