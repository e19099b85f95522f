"""Segmentations as jobs: the same labels as without a queue, also from an upload read anew."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tifffile

from core import formats
from core.analysis.analyse import analyse
from core.errors import WorkspaceError
from core.execution import USUAL, RunChoice
from core.jobs import queue, segmentation, worker
from core.segmentation.engines.engine import Engine
from core.segmentation.settings import ObjectSettings, TileSettings
from core.settings import WorkspaceLimits
from core.types.pixel_size import PixelSize
from core.workspace import micrographs
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from tests.threshold_model import CARD, threshold_network

OBJECTS = ObjectSettings(split=0.0, minimum_area_px=10)
TILES = TileSettings(64, 32)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def engine(space=None, owner="anna", name="threshold", choice=USUAL):
    assert (owner, name, choice) == ("anna", "threshold", USUAL)
    return Engine(CARD, threshold_network(), "cpu")


def upload():
    """A file with two bright squares, 100 x 160 px."""
    pixels = np.full((100, 160), 20, np.uint8)
    pixels[10:30, 10:30] = pixels[50:60, 100:120] = 200
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels)
    return buffer.getvalue()


def enqueue(workspace, source="upload:1", owner="anna", **more):
    data = upload()
    as_read = formats.read(data, "squares.tif")
    shown = replace(as_read, pixel_size=PixelSize(2.0, "typed by user"), info_bar_rows=15)
    kept = micrographs.add(
        workspace, owner, source, shown.name, None if source.startswith("sample") else data
    )
    asked = workspace, owner, kept.id, "key", shown, "threshold", OBJECTS, TILES
    job = segmentation.enqueue(*asked, **more)
    return job, shown, kept


def work_off(workspace, load=engine):
    return worker.work_off(workspace, {segmentation.KIND: segmentation.handler(load)}, "w")


def test_a_job_leaves_the_result_of_a_run_without_a_queue(workspace):
    job, shown, _ = enqueue(workspace)
    assert work_off(workspace) == 1
    assert queue.find(workspace, "anna", "key").state == "done"
    expected = analyse(shown, engine(), object_settings=OBJECTS, tile_settings=TILES)
    stored = results.find(workspace, "anna", "key")
    loaded = stored_analysis.load(workspace, stored, shown, CARD)
    np.testing.assert_array_equal(loaded.segmentation.labels, expected.segmentation.labels)
    np.testing.assert_array_equal(loaded.objects, expected.objects)
    assert loaded.table["area_nm2"].tolist() == expected.table["area_nm2"].tolist()
    assert len(expected.table) == 2 and stored.object_settings == OBJECTS
    assert results.find(workspace, "ben", "key") is None


def test_what_a_job_passes_on_is_what_it_keeps(workspace):
    _, shown, _ = enqueue(workspace)
    passed = {}
    handlers = {segmentation.KIND: segmentation.handler(engine, passed.__setitem__)}
    assert worker.work_off(workspace, handlers, "w") == 1
    stored = results.find(workspace, "anna", "key")
    loaded, (made,) = stored_analysis.load(workspace, stored, shown, CARD), passed.values()
    assert list(passed) == [stored.id]
    for name in ("labels", "probabilities"):
        pair = [getattr(one.segmentation, name) for one in (made, loaded)]
        np.testing.assert_array_equal(*pair)
    np.testing.assert_array_equal(made.objects, loaded.objects)
    pd.testing.assert_frame_equal(made.table, loaded.table)
    for name in ("card", "object_settings", "tile_settings", "warnings", "selection", "seconds"):
        assert getattr(made, name) == getattr(loaded, name)
    assert made.segmentation.digest == loaded.segmentation.digest


def test_an_input_that_had_to_make_room_is_read_from_the_upload(workspace):
    _, shown, _ = enqueue(workspace)
    for cached in (workspace.folder / "cache").iterdir():
        cached.write_bytes(b"torn")
    work_off(workspace)
    stored = results.find(workspace, "anna", "key")
    assert len(stored_analysis.load(workspace, stored, shown, CARD).table) == 2


def test_a_sample_that_had_to_make_room_is_a_sentence(workspace):
    enqueue(workspace, "sample:squares")
    shutil.rmtree(workspace.folder / "cache")
    work_off(workspace)
    job = queue.find(workspace, "anna", "key")
    assert (job.state, job.error) == (
        "failed",
        "squares.tif had to make room before its turn came; press Segment again.",
    )


def test_a_job_of_an_image_that_was_deleted_meanwhile_leaves_nothing(workspace):
    _, _, kept = enqueue(workspace)

    def load(space, owner, name, choice):
        micrographs.delete(workspace, "anna", [kept.id])
        return engine()

    work_off(workspace, load)
    assert results.find(workspace, "anna", "key") is None


def test_a_job_runs_as_it_was_asked_to_and_its_result_comes_back_so(workspace):
    card = replace(CARD, careful_flips=True, careful_scales=(1.0,))
    choice, asked = RunChoice("exact", careful=True), []
    _, shown, _ = enqueue(workspace, choice=choice)

    def load(space, owner, name, choice):
        asked.append(choice)
        return Engine(card.careful, threshold_network(), "cpu")

    work_off(workspace, load)
    stored = results.find(workspace, "anna", "key")
    assert asked == [choice]
    assert stored_analysis.load(workspace, stored, shown, card).card.is_careful
    with pytest.raises(WorkspaceError, match="run again"):
        stored_analysis.load(workspace, stored, shown, CARD)


def test_a_job_of_a_lamella_that_knew_no_choice_runs_as_usual(workspace):
    enqueue(workspace)
    with workspace.database.write() as db:
        db.execute("UPDATE job SET params = json_remove(params, '$.choice')")
    assert work_off(workspace) == 1
    assert queue.find(workspace, "anna", "key").state == "done"


def test_where_no_result_can_be_kept_none_is_computed(tmp_path):
    space = Workspace(tmp_path / "small", WorkspaceLimits(owner_bytes=30_000))
    with pytest.raises(WorkspaceError):
        enqueue(space)
    assert queue.find(space, "anna", "key") is None


def test_cancel_stops_between_two_tiles(workspace, monkeypatch):
    monkeypatch.setattr(worker, "REPORT_SECONDS", 0)
    enqueue(workspace)
    tiles = []

    class Slow(Engine):
        def probabilities(self, grey):
            tiles.append(grey.shape)
            queue.cancel(workspace, "anna", "key")
            return super().probabilities(grey)

    work_off(workspace, lambda space, owner, name, choice: Slow(CARD, threshold_network(), "cpu"))
    assert queue.find(workspace, "anna", "key").state == "cancelled"
    assert len(tiles) == 1
    assert results.find(workspace, "anna", "key") is None


def test_a_worker_that_dies_before_the_end_leaves_the_job_to_the_next(workspace):
    job, _, _ = enqueue(workspace)
    taken = queue.take(workspace, "dead", [segmentation.KIND])
    keep = segmentation.handler(engine)(workspace, taken, lambda done, total: None)
    queue.end_leases(workspace, "dead")
    assert work_off(workspace) == 1
    with pytest.raises(queue.LeaseLost), workspace.database.write() as db:
        keep(db)
        queue.finish(db, taken)
    with workspace.database.read() as db:
        assert db.execute("SELECT count(*) FROM result").get == 1
    assert queue.find(workspace, "anna", "key").attempt == 2


def test_progress_is_told_tile_by_tile(workspace, monkeypatch):
    monkeypatch.setattr(worker, "REPORT_SECONDS", 0)
    enqueue(workspace)
    seen = []
    monkeypatch.setattr(queue, "report", lambda space, job, done, total: seen.append((done, total)))
    work_off(workspace)
    done, total = zip(*seen, strict=True)
    assert len(set(total)) == 1 and total[0] > 1 and done[-1] == total[0]
    assert list(done) == sorted(done)
