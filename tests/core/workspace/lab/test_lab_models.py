"""Models of this lab in the workspace: who finds them, who removes them, what is kept of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from core.errors import ModelError, WorkspaceError
from core.settings import WorkspaceLimits
from core.types.model_card import ObjectConfidence, Score, StatisticRange, Weights
from core.types.segmentation import Phase
from core.workspace import micrographs, quota
from core.workspace.disk.database import Database
from core.workspace.disk.schema import MIGRATIONS
from core.workspace.lab import lab_card, lab_models
from core.workspace.lab.lab_card import LabCard, TaughtOn
from core.workspace.lab.lab_models import LabModel, NewModel
from core.workspace.maintenance import backup, retention, verify
from core.workspace.workspace import Workspace

CARD = LabCard(
    name="steel-tempered",
    title="Tempered steel",
    purpose="Segments carbides.",
    phases=(Phase("ferrite", "#0072B2"), Phase("carbide", "#E69F00")),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.45,
    std=0.23,
    data="2 images of this lab",
    base="carbon-steel",
    taught_on=(TaughtOn("a.tif", "0" * 64, 3, (10, 20)),),
    scores=(Score("mean IoU", 0.75, "1 image that was kept out"),),
    pixel_range_nm=(5.0, 10.0),
    ranges=(StatisticRange("mean", 0.1, 0.9),),
    objects_phase=1,
    object_outputs=True,
    object_confidence=ObjectConfidence(-1.0, 2.0, 3.0, -4.0, 5.0),
    tta_scales=(0.85, 1.0),
    fine_scale=1.7,
    working_side_px=1024,
)


def add(
    place: Workspace,
    owner: str = "anna",
    name: str = "steel-tempered",
    everyone: bool = False,
    weights: bytes = b"weights",
) -> LabModel:
    return lab_models.add(
        place, owner, NewModel("trained", everyone, replace(CARD, name=name), weights)
    )


def names(place: Workspace, owner: str) -> list[str]:
    return [one.name for one in lab_models.listed(place, owner)]


def test_a_model_for_me_is_found_by_its_owner_alone_and_one_for_everybody_by_all(workspace):
    kept = add(workspace)
    add(workspace, "anna", "shared", everyone=True)
    assert names(workspace, "anna") == ["shared", "steel-tempered"]
    assert names(workspace, "ben") == ["shared"]
    assert lab_models.find(workspace, "ben", "steel-tempered") is None
    assert lab_models.find(workspace, "anna", "steel-tempered") == kept
    assert (kept.kind, kept.everyone, kept.card) == ("trained", False, CARD)
    assert kept.path.read_bytes() == b"weights" and kept.bytes == 7
    lab_models.share(workspace, "anna", "steel-tempered", True)
    assert names(workspace, "ben") == ["shared", "steel-tempered"]
    lab_models.share(workspace, "anna", "shared", False)
    assert names(workspace, "ben") == ["steel-tempered"]
    assert lab_models.owners(workspace) == ("anna",)


def test_only_its_owner_removes_or_shares_a_model_and_its_file_goes_with_it(workspace):
    kept = add(workspace, everyone=True)
    for change in (
        lambda: lab_models.remove(workspace, "ben", "steel-tempered"),
        lambda: lab_models.share(workspace, "ben", "steel-tempered", False),
    ):
        with pytest.raises(WorkspaceError, match="no model 'steel-tempered' of yours"):
            change()
    assert workspace.blobs.remove_unused(workspace.database) == 0
    assert lab_models.remove(workspace, "anna", "steel-tempered") == 7
    assert not kept.path.exists() and names(workspace, "ben") == []


def test_equal_files_of_two_owners_are_kept_until_the_last_goes(workspace):
    add(workspace)
    kept = add(workspace, "ben")
    assert lab_models.remove(workspace, "anna", "steel-tempered") == 0
    assert kept.path.is_file()
    assert lab_models.remove(workspace, "ben", "steel-tempered") == 7


def test_two_models_of_one_name_are_in_no_list(workspace):
    add(workspace)
    with pytest.raises(ModelError, match="'steel-tempered' is in the list of this lab already"):
        add(workspace)
    # Of two owners each for itself no list has both.
    add(workspace, "ben")
    for owner in ("anna", "carla"):
        with pytest.raises(ModelError, match="already"):
            add(workspace, owner, everyone=True)
    with pytest.raises(ModelError, match="already"):
        lab_models.share(workspace, "anna", "steel-tempered", True)
    lab_models.remove(workspace, "ben", "steel-tempered")
    lab_models.share(workspace, "anna", "steel-tempered", True)
    lab_models.share(workspace, "anna", "steel-tempered", True)
    with pytest.raises(ModelError, match="already"):
        add(workspace, "ben")


@pytest.mark.parametrize("name", ["", "Steel", "a b", "-a", "a-", "a" * 41, "a/b", "ä", "a\n"])
def test_what_is_no_name_is_refused(workspace, name):
    with pytest.raises(ModelError, match="is no name for a model"):
        add(workspace, name=name)


def test_a_name_is_made_of_any_text():
    assert lab_models.slug("  Steel, tempered (500 °C) ") == "steel-tempered-500-c"
    assert lab_models.slug("ÄÖ") == "" and len(lab_models.slug("a" * 90)) == 40


def test_a_card_comes_back_as_the_card_of_a_model(workspace):
    weights = Weights(Path("w"), "0" * 64)
    card = lab_card.model_card(CARD, weights)
    assert (card.weights, card.build, card.tta_scales) == (weights, None, (0.85, 1.0))
    back = lab_card.lab_card(card, "network", CARD.base, CARD.taught_on)
    assert back == CARD == lab_card.from_json(lab_card.to_json(CARD))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phases", [{"name": "one", "color": "#000000"}]),
        ("phases", [{"name": "a", "color": "red"}, {"name": "b", "color": "#000000"}]),
        ("phases", [{"name": "a", "color": "#000000"}] * 2),
        ("objects_phase", 2),
        ("boundary_phase", -1),
        ("std", 0.0),
        ("mean", float("nan")),
        ("temperature", 0),
        ("pixel_size_nm", -1.0),
        ("tta_scales", []),
        ("tta_scales", [50.0]),
        ("careful_scales", [0.001]),
        ("fine_scale", 50.0),
        ("working_side_px", 0),
        ("overlap_px", 100_000),
        ("ranges", [{"name": "mean", "low": 2.0, "high": 1.0}]),
        ("scores", [{"metric": "IoU", "value": float("inf"), "data": "x"}]),
        ("object_outputs", False),
        ("purpose", "a" * 20_001),
        ("failures", ["a"] * 201),
        ("unknown", 1),
        ("title", 3),
        ("title", "![a](https://b)"),
        ("title", "https://a.b"),
    ],
)
def test_a_card_that_the_app_could_not_work_with_is_refused(field, value):
    told = json.loads(lab_card.to_json(CARD)) | {field: value}
    with pytest.raises(ValueError):
        lab_card.from_json(json.dumps(told))


def test_any_text_becomes_a_title():
    assert lab_card.plain_title(" a [b](https://c)!\n`d` ") == "a b (https c) d"
    assert lab_card.plain_title("Steel, 500 °C") == "Steel, 500 °C"


def test_a_card_of_a_newer_lamella_is_passed_over(workspace):
    add(workspace)
    add(workspace, name="other")
    with workspace.database.write() as db:
        db.execute("UPDATE lab_model SET card = '{\"new\": 1}' WHERE name = 'other'")
    assert names(workspace, "anna") == ["steel-tempered"]
    assert lab_models.unreadable(workspace, "anna") == ("other",)
    assert lab_models.unreadable(workspace, "ben") == ()


def test_a_worker_keeps_a_model_with_the_end_of_its_job_or_not_at_all(workspace):
    new = NewModel("trained", False, CARD, b"weights")
    workspace.blobs.add(new.weights)
    with pytest.raises(RuntimeError), workspace.database.write() as db:
        lab_models.insert(db, workspace, "anna", new)
        raise RuntimeError("killed before the end")
    assert names(workspace, "anna") == []
    with workspace.database.write() as db:
        kept = lab_models.insert(db, workspace, "anna", new)
    assert lab_models.find(workspace, "anna", CARD.name) == kept


def test_a_model_counts_in_the_quota_of_its_owner(tmp_path):
    place = Workspace(tmp_path / "w", WorkspaceLimits(owner_bytes=10, free_bytes=0))
    add(place, everyone=True)
    assert (quota.used_bytes(place, "anna"), quota.used_bytes(place, "ben")) == (7, 0)
    with pytest.raises(WorkspaceError, match="holds 7 bytes of 10 bytes"):
        add(place, name="other", weights=b"others")


def test_who_has_no_cookie_keeps_models_for_a_day_and_for_nobody_else(workspace):
    with pytest.raises(WorkspaceError, match="no cookie"):
        add(workspace, "session:1", everyone=True)
    add(workspace, "session:1")
    with pytest.raises(WorkspaceError, match="no cookie"):
        lab_models.share(workspace, "session:1", "steel-tempered", True)
    add(workspace, "anna")
    retention.sweep(workspace)
    assert names(workspace, "session:1") == ["steel-tempered"]
    with workspace.database.write() as db:
        db.execute("UPDATE lab_model SET created = created - 90000")
    retention.sweep(workspace)
    assert (names(workspace, "session:1"), names(workspace, "anna")) == ([], ["steel-tempered"])


def test_verify_says_which_model_is_damaged_and_repair_removes_it(workspace):
    kept = add(workspace)
    assert not verify.verify(workspace).problems
    kept.path.chmod(0o600)
    kept.path.write_bytes(b"wejghts")
    (problem,) = verify.verify(workspace).problems
    assert problem == "The model steel-tempered (anna) is damaged; train or import it again."
    verify.verify(workspace, repair=True)
    assert names(workspace, "anna") == [] and not verify.verify(workspace).problems


def test_a_backup_has_the_models(workspace, tmp_path):
    kept = add(workspace)
    backup.backup(workspace, tmp_path / "copy")
    restored = Workspace(tmp_path / "copy")
    found = lab_models.find(restored, "anna", "steel-tempered")
    assert found == replace(kept, path=restored.blobs.path(kept.weights))
    assert found.path.read_bytes() == b"weights"


def test_workspace_of_version_3_is_migrated_and_keeps_what_is_in_it(workspace, tmp_path):
    image = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"pixels")
    old = tmp_path / "old"
    old.mkdir()
    before = Database(old / "workspace.db", MIGRATIONS[:3])
    with workspace.database.read() as rows, before.write() as db:
        for table in ("blob", "micrograph"):
            values = list(rows.execute(f"SELECT * FROM {table}"))
            places = ", ".join("?" * len(values[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({places})", values)
        with pytest.raises(apsw.SQLError, match="lab_model"):
            db.execute("SELECT * FROM lab_model")
    before.close()
    shutil.copytree(workspace.folder / "blobs", old / "blobs")
    migrated = Workspace(old)
    with migrated.database.read() as db:
        assert db.pragma("user_version") == len(MIGRATIONS) >= 4
    assert micrographs.find(migrated, "anna", image.id) == image
    kept = add(migrated)
    # The view knows what a model alone names, and still what an image does.
    assert migrated.blobs.remove_unused(migrated.database) == 0
    assert kept.path.is_file() and migrated.blobs.read(image.blob) == b"pixels"
