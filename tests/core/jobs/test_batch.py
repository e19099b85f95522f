"""A batch: each field a job of its own, measured once, found again, cancelled, gone on with."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError, WorkspaceError
from core.execution import RunChoice
from core.fields.many.pooled import pool
from core.fields.settings import MeasureSettings
from core.jobs import batch as jobs
from core.jobs import queue, worker
from core.segmentation.engines.classic_engine import ClassicEngine
from core.types.pixel_size import PixelSize
from core.workspace import batches, micrographs
from core.workspace.batches import Batch, Settings
from core.workspace.micrographs import Changes
from core.workspace.results import results
from core.workspace.workspace import Workspace
from models import zoo

ANN, BOB = "ann", "bob"
RADII = (10, 14, 18)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def disks(radius: int) -> bytes:
    """Return a PNG, 96 x 128 px, of four dark disks on a light ground."""
    row, column = np.mgrid[:96, :128]
    image = np.full((96, 128), 200, np.uint8)
    for middle in ((24, 24), (24, 80), (72, 30), (70, 98)):
        image[(row - middle[0]) ** 2 + (column - middle[1]) ** 2 < radius**2] = 40
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def added(workspace: Workspace, name: str, data: bytes, owner: str = ANN) -> str:
    source = micrographs.source_of(name, data, {})
    return micrographs.add(workspace, owner, source, name, data).id


def begun(workspace: Workspace, *others: str) -> Batch:
    ids = [added(workspace, f"{radius}.png", disks(radius)) for radius in RADII]
    settings = Settings(measure=MeasureSettings(kind="particles", fit="none"))
    found = batches.begin(workspace, ANN, "Disks", "otsu", settings, [*ids, *others])
    jobs.enqueue(workspace, found)
    return found


def work_off(workspace: Workspace) -> int:
    def load(space: Workspace, owner: str, name: str, choice: RunChoice) -> ClassicEngine:
        return ClassicEngine(zoo.CARDS[name])

    return worker.work_off(workspace, {jobs.KIND: jobs.handler(load, lambda card: ())}, "one")


def test_each_field_is_measured_and_all_are_pooled(workspace: Workspace) -> None:
    batch = begun(workspace)
    assert jobs.progress(workspace, batch).is_open
    assert work_off(workspace) == 3
    found = batches.fields(workspace, ANN, batch.id)
    assert [one.name for one in found] == ["10.png", "14.png", "18.png"]
    means = [one.measured.quantity("mean_diameter").value for one in found]
    assert means == pytest.approx([2 * radius for radius in RADII], abs=0.5)
    assert pool([one.measured for one in found]).quantity("count").value == pytest.approx(4)
    assert found[0].run["model"]["name"] == "otsu"
    standing = jobs.progress(workspace, batch)
    assert set(standing.states.values()) == {"done"} and not standing.is_open
    assert standing.seconds_left is None
    assert batches.find(workspace, ANN, batch.id).measured == 3


def test_a_result_is_kept_and_used_again(workspace: Workspace) -> None:
    batch = begun(workspace)
    work_off(workspace)
    first = batches.fields(workspace, ANN, batch.id)[0].micrograph
    (stored,) = results.listed(workspace, ANN, first)
    again = batches.begin(workspace, ANN, "Again", "otsu", batch.settings, [first])
    jobs.enqueue(workspace, again)
    work_off(workspace)
    assert [one.id for one in results.listed(workspace, ANN, first)] == [stored.id]
    assert batches.find(workspace, ANN, again.id).measured == 1


def test_what_the_user_changed_about_an_image_counts(workspace: Workspace) -> None:
    image = added(workspace, "a.png", disks(10))
    size = PixelSize(2.0, "typed by user")
    micrographs.change(workspace, ANN, image, changes=Changes(pixel_size=size))
    batch = batches.begin(workspace, ANN, "One", "otsu", Settings(), [image])
    jobs.enqueue(workspace, batch)
    work_off(workspace)
    (field,) = batches.fields(workspace, ANN, batch.id)
    mean = field.measured.quantity("mean_diameter")
    assert (mean.unit, mean.value) == ("nm", pytest.approx(40, abs=1))


def test_a_broken_file_fails_alone(workspace: Workspace) -> None:
    broken = added(workspace, "broken.png", b"\x89PNG\r\n\x1a\nno")
    batch = begun(workspace, broken)
    assert work_off(workspace) == 4
    standing = jobs.progress(workspace, batch)
    assert sorted(standing.states.values()) == ["done", "done", "done", "failed"]
    assert "broken.png" in standing.errors[broken]


def test_cancelled_fields_go_on_when_asked(workspace: Workspace) -> None:
    batch = begun(workspace)
    queue.take(workspace, "other", [jobs.KIND])
    jobs.cancel(workspace, batch)
    assert work_off(workspace) == 0
    assert set(jobs.progress(workspace, batch).states.values()) == {"cancelled"}
    jobs.enqueue(workspace, batch)
    assert work_off(workspace) == 3
    jobs.enqueue(workspace, batch)
    assert work_off(workspace) == 0


def test_a_deleted_batch_writes_nothing_and_its_images_stay(workspace: Workspace) -> None:
    batch = begun(workspace)
    batches.delete(workspace, ANN, batch.id)
    work_off(workspace)
    assert batches.fields(workspace, ANN, batch.id) == ()
    assert micrographs.count(workspace, ANN) == 3
    assert batches.listed(workspace, ANN) == ()


def test_a_deleted_image_leaves_its_batch(workspace: Workspace) -> None:
    batch = begun(workspace)
    work_off(workspace)
    first = batches.fields(workspace, ANN, batch.id)[0].micrograph
    micrographs.delete(workspace, ANN, [first])
    assert [one.name for one in batches.fields(workspace, ANN, batch.id)] == ["14.png", "18.png"]


def test_a_batch_is_its_owners(workspace: Workspace) -> None:
    batch = begun(workspace)
    assert batches.find(workspace, BOB, batch.id) is None
    assert batches.fields(workspace, BOB, batch.id) == ()
    assert batches.listed(workspace, BOB) == ()
    with pytest.raises(WorkspaceError):
        batches.delete(workspace, BOB, batch.id)
    mine = batches.fields(workspace, ANN, batch.id)[0].micrograph
    with pytest.raises(WorkspaceError):
        batches.begin(workspace, BOB, "Mine", "otsu", Settings(), [mine])
    batches.group(workspace, BOB, batch.id, b"file,alloy\n", "groups.csv")
    assert batches.find(workspace, ANN, batch.id).groups == b""


def test_a_table_of_groups_is_kept(workspace: Workspace) -> None:
    batch = begun(workspace)
    batches.group(workspace, ANN, batch.id, b"file,alloy\n10,A\n", "groups.csv")
    found = batches.find(workspace, ANN, batch.id)
    assert (found.groups, found.groups_name) == (b"file,alloy\n10,A\n", "groups.csv")


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_fields_and_not_too_many(workspace: Workspace, count: int) -> None:
    with pytest.raises(DataError, match=f"^{count:,} images were chosen; a batch takes 1 to 1,000"):
        batches.begin(workspace, ANN, "x", "otsu", Settings(), [str(one) for one in range(count)])
