"""What comes back from a workspace is what went in: labels, objects and every number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.analyse import analyse
from core.analysis.analysis import Analysis
from core.analysis.remeasure import recalibrate, regroup
from core.errors import WorkspaceError
from core.export.provenance import provenance
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.forest_engine import fit
from core.segmentation.forest.marks import marks_of, named_phases
from core.segmentation.forest.pixel_forest import ForestSettings
from core.segmentation.forest.strokes import Stroke
from core.segmentation.segment import segment
from core.segmentation.settings import ObjectSettings
from core.settings import WorkspaceLimits
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from core.types.segmentation import Segmentation
from core.workspace import drawings, micrographs, quota
from core.workspace.drawings import Drawing
from core.workspace.micrographs import Changes, Filter, Kept
from core.workspace.results import result_arrays, results, stored_analysis
from core.workspace.workspace import Workspace
from models import zoo
from tests.threshold_model import CARD, threshold_network

SIZE = PixelSize(2.0, "typed by user")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def kept(workspace: Workspace) -> Kept:
    return micrographs.add(workspace, "anna", "upload:1", "discs.tif", b"pixels")


def discs(size: PixelSize | None = SIZE) -> Micrograph:
    """Eight discs, two of them in touch, above an info bar; noise, so that probabilities vary."""
    rows, columns = np.mgrid[:120, :160]
    pixels = np.full((120, 160), 0.2)
    for row, column in ((20, 20), (20, 60), (25, 100), (60, 30), (60, 70), (60, 85), (90, 130)):
        pixels[(rows - row) ** 2 + (columns - column) ** 2 < 90] = 0.8
    pixels += np.random.default_rng(2).normal(0, 0.05, pixels.shape)
    valid = np.ones(pixels.shape, np.bool_)
    valid[:3, :3] = False
    return Micrograph(pixels.clip(0, 1), "discs.tif", "d1", size, info_bar_rows=10, valid=valid)


def meshes(size: PixelSize | None) -> Micrograph:
    """Bright lines, 4 px wide, around meshes of two sizes."""
    pixels = np.full((120, 160), 0.1)
    for start in (10, 35, 80, 105):
        pixels[start : start + 4] = pixels[:, start : start + 4] = 0.9
    return Micrograph(pixels, "meshes.tif", "d2", size)


def with_distance(analysis: Analysis) -> Analysis:
    """Return an analysis as of a network that tells touching objects apart."""
    made, random = analysis.segmentation, np.random.default_rng(5)
    contact, distance = random.random((2, *made.labels.shape)).astype(np.float16)
    made = replace(made, contact=contact, distance=distance)
    card = replace(analysis.card, object_outputs=True)
    return regroup(replace(analysis, segmentation=made, card=card), analysis.object_settings)


def forest_analysis(micrograph: Micrograph) -> Analysis:
    values = np.zeros(micrograph.shape, np.uint8)
    values[0:10, 30:50], values[16:24, 16:24] = 1, 2
    marks = marks_of(values, named_phases(["matrix", "disc"]))
    return analyse(
        micrograph, fit(zoo.card("random-forest"), micrograph, marks, ForestSettings(trees=5))
    )


def made(kind: str, micrograph: Micrograph) -> Analysis:
    if kind == "forest":
        return forest_analysis(micrograph)
    card = replace(CARD, boundary_phase=1) if kind == "grains" else CARD
    analysis = analyse(micrograph, Engine(card, threshold_network(), "cpu"))
    return with_distance(analysis) if kind == "distance" else analysis


def assert_same(found: Analysis, wanted: Analysis) -> None:
    np.testing.assert_array_equal(found.segmentation.labels, wanted.segmentation.labels)
    np.testing.assert_array_equal(found.objects, wanted.objects)
    assert found.objects.dtype == wanted.objects.dtype
    pd.testing.assert_frame_equal(found.table, wanted.table, check_exact=True)
    for name in ("object_settings", "tile_settings", "warnings", "selection"):
        assert getattr(found, name) == getattr(wanted, name), name
    # Of a single grain the spread is nan, which equals nothing.
    assert repr(found.intercepts) == repr(wanted.intercepts)
    assert found.card == wanted.card
    assert found.segmentation.digest == wanted.segmentation.digest
    difference = found.segmentation.probabilities.astype(float) - wanted.segmentation.probabilities
    assert np.abs(difference).max() <= 2 / result_arrays.STEPS
    assert found.segmentation.probabilities.dtype == np.float16


@pytest.mark.parametrize("kind", ["objects", "distance", "grains", "forest"])
@pytest.mark.parametrize("size", [SIZE, None, PixelSize(2.0, "typed by user", 3.0)])
def test_result_comes_back_with_equal_numbers(
    workspace: Workspace, kept: Kept, kind: str, size: PixelSize | None
) -> None:
    micrograph = meshes(size) if kind == "grains" else discs(size)
    analysis = made(kind, micrograph)
    assert len(analysis.table) > 3 or sum(analysis.intercepts.crossings) > 20
    stored = results.add(workspace, "anna", kept.id, "key", analysis)
    again = results.find(Workspace(workspace.folder), "anna", "key")
    assert again == stored
    card = zoo.card("random-forest") if kind == "forest" else analysis.card
    found = stored_analysis.load(workspace, stored, micrograph, card)
    assert_same(found, analysis)
    wanted, told = provenance(analysis), provenance(found)
    assert {**wanted, "created_utc": ""} == {**told, "created_utc": ""}
    assert json.loads(stored.provenance)["result"] == wanted["result"]
    for settings in (ObjectSettings(split=0.9), ObjectSettings(split=0, minimum_area_px=0)):
        assert_same(regroup(found, settings), regroup(analysis, settings))


def test_result_comes_back_under_another_pixel_size(workspace: Workspace, kept: Kept) -> None:
    analysis = replace(made("objects", discs(None)), doubts=("It looks like another material.",))
    stored = results.add(workspace, "anna", kept.id, "key", analysis)
    found = stored_analysis.load(workspace, stored, discs(SIZE), analysis.card)
    assert_same(found, recalibrate(analysis, discs(SIZE)))
    assert "area_nm2" in found.table
    assert found.doubts == analysis.doubts


def test_one_key_has_one_result_and_deleting_it_frees_its_files(
    workspace: Workspace, kept: Kept
) -> None:
    analysis = made("objects", discs())
    first = results.add(workspace, "anna", kept.id, "key", analysis)
    other = regroup(analysis, ObjectSettings(minimum_area_px=10_000))
    second = results.add(workspace, "anna", kept.id, "key", other)
    assert results.listed(workspace, "anna", kept.id) == (second,)
    assert second.files["segmentation"] == first.files["segmentation"]
    assert second.object_settings.minimum_area_px == 10_000
    workspace.blobs.remove_unused(workspace.database)
    assert not workspace.blobs.path(first.files["objects"]).exists()
    assert results.delete(workspace, "bert", [second.id]) == 0
    assert results.delete(workspace, "anna", [second.id]) == second.bytes
    assert results.find(workspace, "anna", "key") is None


def test_failed_insert_keeps_the_result_that_was_there(workspace: Workspace, kept: Kept) -> None:
    analysis = made("objects", discs())
    first = results.add(workspace, "anna", kept.id, "key", analysis)
    for owner, micrograph in (("bert", kept.id), ("anna", "none")):
        with pytest.raises(WorkspaceError, match="not in your library"):
            results.add(workspace, owner, micrograph, "key", analysis)
    assert results.find(workspace, "anna", "key") == first
    assert results.find(workspace, "bert", "key") is None


def said_to_be_encrypted(data: bytes) -> bytes:
    """Return a zip with the flag of encryption set for its first member."""
    changed = bytearray(data)
    changed[data.index(b"PK\x03\x04") + 6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "damage",
    [
        said_to_be_encrypted,
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"labels", b"labelz"),
        lambda data: b"PK",
        lambda data: b"",
    ],
)
def test_arrays_of_anybody_are_refused_in_one_sentence(damage) -> None:
    analysis = with_distance(made("objects", discs()))
    data = result_arrays.encode(analysis.segmentation, 1)
    for shape, phases in (((120, 161), 2), ((120, 160), 3)):
        with pytest.raises(WorkspaceError, match="damaged or of another image"):
            result_arrays.decode(data, shape, phases, 1, SIZE, True)
    with pytest.raises(WorkspaceError, match="damaged or of another image"):
        result_arrays.decode(damage(data), (120, 160), 2, 1, SIZE, True)


def test_what_was_segmented_comes_back_to_the_last_bit() -> None:
    grey = np.random.default_rng(0).random((90, 110), np.float32)
    network = Engine(CARD, threshold_network(), "cpu")
    found = segment(Micrograph(grey, "grey.png", "ab" * 32), network)
    assert len(np.unique(found.probabilities)) > 50
    back = result_arrays.decode(result_arrays.encode(found, 1), grey.shape, 2)
    assert np.array_equal(back.probabilities, found.probabilities)


def test_labels_beyond_the_phases_are_refused() -> None:
    labels = np.full((4, 4), 7, np.uint8)
    probabilities = np.zeros((8, 4, 4), np.float16)
    data = result_arrays.encode(Segmentation(labels, probabilities, (), None, "m", "d"), None)
    assert result_arrays.decode(data, (4, 4), 8).labels.max() == 7
    with pytest.raises(WorkspaceError):
        result_arrays.decode(data, (4, 4), 7)


def test_micrograph_keeps_its_files_changes_and_notes(workspace: Workspace) -> None:
    sidecars = {"a.txt": b"scale", "a.hdr": b"header"}
    new = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"pixels", sidecars)
    changes = Changes(page=2, pixel_size=PixelSize(0.5, "typed by user", 0.8), top_bar_rows=3)
    settings = ObjectSettings(split=0.25)
    changed = micrographs.change(
        workspace,
        "anna",
        new.id,
        title="Größe",
        notes="as cast",
        tags=["steel", " etched ", ""],
        model="particles",
        object_settings=settings,
        changes=changes,
    )
    found = micrographs.find(Workspace(workspace.folder), "anna", new.id)
    assert found == changed
    assert (found.title, found.notes, found.tags) == ("Größe", "as cast", ("etched", "steel"))
    assert (found.changes, found.object_settings, found.model) == (changes, settings, "particles")
    assert micrographs.contents(workspace, found) == (b"pixels", sidecars)
    assert found.bytes == 17
    again = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"pixels", sidecars)
    assert (again.id, again.title) == (new.id, "Größe")
    assert micrographs.find_source(workspace, "anna", "upload:1").id == new.id
    sample = micrographs.add(workspace, "anna", "sample:gold-tem", "gold", None)
    with pytest.raises(WorkspaceError, match="is a sample"):
        micrographs.contents(workspace, sample)


def test_library_is_searched_and_paged(workspace: Workspace, kept: Kept) -> None:
    for number in range(3):
        micrographs.add(workspace, "anna", f"upload:s{number}", f"STAHL-Ä{number}.tif", b"s")
    first = micrographs.find_source(workspace, "anna", "upload:s0")
    micrographs.change(workspace, "anna", first.id, tags=["Etched"], model="particles")
    results.add(workspace, "anna", kept.id, "key", made("objects", discs()))

    def names(**wanted) -> list[str]:
        return [one.name for one in micrographs.listed(workspace, "anna", Filter(**wanted))]

    assert len(names()) == micrographs.count(workspace, "anna") == 4
    assert names(text="stahl-ä1") == ["STAHL-Ä1.tif"]
    assert names(text="etCH") == names(tag="Etched") == names(model="particles") == [first.name]
    assert names(model="threshold") == ["discs.tif"]
    assert names(until=first.created - 1) == names(since=first.created + 60) == []
    assert names(text="' OR 1=1 --") == []
    assert micrographs.count(workspace, "anna", Filter(text="stahl")) == 3
    page = micrographs.listed(workspace, "anna", order="name", limit=2, offset=1)
    assert [one.name for one in page] == ["STAHL-Ä0.tif", "STAHL-Ä1.tif"]
    micrographs.use(workspace, "anna", first.id)
    assert micrographs.listed(workspace, "anna")[0].id == first.id
    assert micrographs.tags(workspace, "anna") == ("Etched",)
    assert micrographs.models(workspace, "anna") == ("particles", "threshold")
    assert micrographs.find(workspace, "anna", kept.id).results == 1


def test_nothing_of_another_owner_is_read_or_changed(workspace: Workspace, kept: Kept) -> None:
    drawings.save(workspace, "anna", kept.id, "d1", Drawing(mask=b"mask"))
    results.add(workspace, "anna", kept.id, "key", made("objects", discs()))
    assert micrographs.find(workspace, "bert", kept.id) is None
    assert micrographs.find_source(workspace, "bert", kept.source) is None
    assert micrographs.listed(workspace, "bert") == ()
    assert results.listed(workspace, "bert", kept.id) == ()
    assert results.find(workspace, "bert", "key") is None
    assert drawings.find(workspace, "bert", kept.id, "d1") is None
    for refused in (
        lambda: micrographs.change(workspace, "bert", kept.id, title="mine"),
        lambda: micrographs.use(workspace, "bert", kept.id),
        lambda: drawings.save(workspace, "bert", kept.id, "d1", Drawing()),
    ):
        with pytest.raises(WorkspaceError, match="belongs to somebody else"):
            refused()
    assert micrographs.delete(workspace, "bert", [kept.id]) == 0
    assert micrographs.find(workspace, "anna", kept.id).title == "discs.tif"
    assert drawings.find(workspace, "anna", kept.id, "d1") == Drawing(mask=b"mask")


def test_a_result_whose_equal_is_deleted_before_its_row_is_there_is_kept(
    workspace: Workspace, kept: Kept
) -> None:
    theirs = micrographs.add(workspace, "bert", "upload:1", "a.tif", b"theirs")
    results.add(workspace, "bert", theirs.id, "key", made("objects", discs()))
    written = stored_analysis.write(workspace, made("objects", discs()))
    micrographs.delete(workspace, "bert", [theirs.id])
    with workspace.database.write() as db:
        stored = results.insert(db, workspace, "anna", kept.id, "key", written)
    assert [workspace.blobs.state(digest) for digest in stored.files.values()] == ["", ""]


def test_drawing_comes_back(workspace: Workspace, kept: Kept) -> None:
    strokes = (Stroke(1, 7.5, ((0.1, 1 / 3), (2.0, 3.0))), Stroke(-1, 30, ((5.5, 6.5),)))
    for revision, mask in ((1, b"mask"), (2, b"")):
        drawing = Drawing(strokes[:revision], mask, revision, ("matrix", "disc"))
        drawings.save(workspace, "anna", kept.id, "d1", drawing)
        assert drawings.find(workspace, "anna", kept.id, "d1") == drawing
    assert drawings.find(workspace, "anna", kept.id, "d2") is None


def test_deleting_really_deletes_but_not_what_others_have_too(workspace: Workspace) -> None:
    ids = {}
    for owner in ("anna", "bert"):
        new = micrographs.add(workspace, owner, "upload:1", "a.tif", b"secret pixels")
        ids[owner] = new.id
    micrographs.change(workspace, "anna", ids["anna"], notes="a secret note")
    drawings.save(workspace, "anna", ids["anna"], "d1", Drawing(mask=b"mask", revision=1))
    result = results.add(workspace, "anna", ids["anna"], "key", made("objects", discs()))
    workspace.cache.put(f"{ids['anna']}-input.npz", b"secret pixels")
    with workspace.database.write() as db:
        db.execute(
            "INSERT INTO job (owner, kind, key, params, created) VALUES ('anna', 's', 'k', ?, 0)",
            (json.dumps({"micrograph": ids["anna"]}),),
        )
    assert micrographs.delete(workspace, "anna", [ids["anna"]]) == result.bytes + len(b"mask")
    assert micrographs.contents(workspace, micrographs.listed(workspace, "bert")[0])[0]
    assert micrographs.delete(workspace, "bert", [ids["bert"]]) == len(b"secret pixels")
    with workspace.database.read() as db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        left = {name: db.execute(f"SELECT count(*) FROM {name}").get for name in tables}
    assert {name: count for name, count in left.items() if count} == {"sqlite_sequence": 1}
    workspace.close()
    files = [path for path in workspace.folder.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["lock", "reserve", "workspace.db"]
    assert not any(b"secret" in path.read_bytes() for path in files)


def test_content_that_goes_while_it_is_saved_is_added_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its last owner deletes it at that moment."""
    add, added = workspace.blobs.add, []

    def add_and_lose(data: bytes) -> str:
        digest = add(data)
        added.append(data)
        if len(added) < 4:
            workspace.blobs.discard(digest)
        return digest

    monkeypatch.setattr(workspace.blobs, "add", add_and_lose)
    kept = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"pixels", {"a.txt": b"scale"})
    assert len(added) == 6
    assert micrographs.contents(workspace, kept) == (b"pixels", {"a.txt": b"scale"})


def test_quota_counts_uploads_and_results_of_an_owner(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, WorkspaceLimits(owner_bytes=100_000))
    kept = micrographs.add(workspace, "anna", "upload:1", "a.tif", b"0" * 60_000)
    with pytest.raises(WorkspaceError, match="delete images, results or models"):
        micrographs.add(workspace, "anna", "upload:2", "b.tif", b"1" * 60_000)
    micrographs.add(workspace, "bert", "upload:2", "b.tif", b"1" * 60_000)
    stored = results.add(workspace, "anna", kept.id, "key", made("objects", discs()))
    assert quota.used_bytes(workspace, "anna") == 60_000 + stored.bytes
    micrographs.delete(workspace, "anna", [kept.id])
    assert quota.used_bytes(workspace, "anna") == 0
    full = Workspace(tmp_path, WorkspaceLimits(free_bytes=10**18))
    with pytest.raises(WorkspaceError, match="must stay; delete images"):
        micrographs.add(full, "bert", "upload:3", "c.tif", b"c")
    assert not list((tmp_path / "tmp").iterdir())


def test_clock_that_jumps_back_neither_loses_nor_hides_anything(
    workspace: Workspace, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: kept.used - 1e6)
    later = micrographs.add(workspace, "anna", "upload:2", "b.tif", b"b")
    assert micrographs.use(workspace, "anna", kept.id).used == kept.used
    results.add(workspace, "anna", kept.id, "key", made("objects", discs()))
    assert {one.id for one in micrographs.listed(workspace, "anna")} == {kept.id, later.id}
    assert len(results.listed(workspace, "anna", kept.id)) == 1
