"""Models of a lab in the queue: another process finds them in the workspace, for their owner."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core import formats
from core.analysis.analyse import analyse
from core.execution import USUAL
from core.export.provenance import run_json
from core.jobs import queue, segmentation, worker
from core.jobs.result_key import labels_key, name_of
from core.segmentation.engines.forest_engine import fit
from core.segmentation.forest.marks import marks_of, named_phases
from core.segmentation.forest.pixel_forest import ForestSettings
from core.segmentation.settings import ObjectSettings
from core.workspace import micrographs
from core.workspace.archive import archive
from core.workspace.lab import lab_models
from core.workspace.results import results, stored_analysis
from core.workspace.workspace import Workspace
from models import lab, zoo
from models.lab.forest import forest_model

PIXELS = np.full((60, 80), 20, np.uint8)
PIXELS[10:30, 10:30] = 200


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return one with Anna's forest, taught on a bright square, for herself."""
    place = Workspace(tmp_path / "workspace")
    image, _ = opened()
    values = np.zeros(image.shape, np.uint8)
    values[40:50, 50:60], values[15:20, 15:20] = 1, 2
    named = marks_of(values, named_phases(["dark", "bright"]))
    engine = fit(zoo.card("random-forest"), image, named, ForestSettings(trees=5))
    lab.keep(place, "anna", forest_model(engine, "Bright squares", False, 2))
    return place


def opened():
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, PIXELS)
    return formats.read(buffer.getvalue(), "square.tif"), buffer.getvalue()


def enqueue(place: Workspace, owner: str = "anna"):
    shown, data = opened()
    kept = micrographs.add(place, owner, "upload:1", "square.tif", data)
    card = lab.card(place, "anna", "bright-squares")
    key = name_of(labels_key(shown, card))
    segmentation.enqueue(place, owner, kept.id, key, shown, card.name)
    return shown, kept, card, key


def work_off(place: Workspace) -> int:
    """Work as a process of its own does, which has the folder alone."""
    theirs = Workspace(place.folder)
    handlers = {segmentation.KIND: segmentation.handler(lab.loader(2))}
    return worker.work_off(theirs, handlers, "theirs")


def test_a_worker_that_dies_leaves_the_job_with_the_model_of_a_lab_to_the_next(workspace):
    shown, kept, card, key = enqueue(workspace)
    taken = queue.take(workspace, "dead", [segmentation.KIND])
    keep = segmentation.handler(lab.loader(2))(workspace, taken, lambda done, total: None)
    queue.end_leases(workspace, "dead")
    assert work_off(workspace) == 1
    with pytest.raises(queue.LeaseLost), workspace.database.write() as db:
        keep(db)
        queue.finish(db, taken)
    (stored,) = results.listed(workspace, "anna", kept.id)
    expected = analyse(shown, lab.load_as(workspace, "anna", card.name, USUAL))
    found = stored_analysis.load(workspace, stored, shown, card)
    np.testing.assert_array_equal(found.segmentation.labels, expected.segmentation.labels)
    assert stored.key == key and len(found.table) == 1


def test_a_job_whose_model_was_removed_or_is_anothers_ends_in_a_sentence(workspace):
    _, _, card, key = enqueue(workspace)
    enqueue(workspace, "ben")
    lab_models.remove(workspace, "anna", card.name)
    work_off(workspace)
    for owner in ("anna", "ben"):
        job = queue.find(workspace, owner, key)
        assert job.state == "failed"
        assert "There is no model 'bright-squares' here: it was removed" in job.error


def test_a_result_is_read_without_its_model_also_in_another_library(workspace, tmp_path):
    shown, kept, card, _ = enqueue(workspace)
    work_off(workspace)
    lab_models.remove(workspace, "anna", card.name)
    other = Workspace(tmp_path / "other")
    packed = tmp_path / "library.zip"
    packed.write_bytes(b"".join(archive.export(workspace, "anna", [kept.id])))
    (moved,) = archive.load(other, "ben", packed)
    for place, owner, image in ((workspace, "anna", kept.id), (other, "ben", moved.id)):
        (stored,) = results.listed(place, owner, image)
        gone = stored.lab_card
        assert gone == replace(card, weights=gone.weights, build=None)
        found = stored_analysis.load(place, stored, shown, gone)
        assert len(found.table) == 1 and found.object_settings == ObjectSettings()
        told = json.loads(run_json(found))["model"]
        assert (told["name"], told["weights_sha256"]) == (card.name, card.weights.sha256)


def test_a_model_of_the_zoo_is_not_copied_into_its_results(workspace):
    shown, data = opened()
    kept = micrographs.add(workspace, "anna", "upload:2", "square.tif", data)
    made = analyse(shown, zoo.load("otsu"))
    assert results.add(workspace, "anna", kept.id, "key", made).lab_card is None
