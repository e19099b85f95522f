"""A training as a job: it gives a network, goes on after a kill, and is cancelled."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.errors import WorkspaceError
from core.jobs import queue, training, worker
from core.settings import WorkspaceLimits
from core.training.fine_tuning import lesson
from core.training.fine_tuning.start import FineTuning
from core.training.progress import CurvePoint
from core.workspace.lab import trainings
from core.workspace.lab.training import Facts, Result, Settings, Standing, Training
from core.workspace.maintenance import retention, verify
from core.workspace.workspace import Workspace
from tests.core.training.test_fine_tuning import PHASES, QUICK, disks, start

ANN, BOB = "ann", "bob"
ASKED = Settings("tiny", PHASES, same_phases=True, objects_phase=1)


class Killed(BaseException):
    """What ends a worker at once."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(seconds: float = 0) -> FineTuning:
        return replace(QUICK, seconds=float("inf"), fewest_steps=40, most_steps=40)

    monkeypatch.setattr("core.training.fine_tuning.start.FineTuning", quick)


def added(workspace: Workspace, count: int = 2) -> Training:
    images = [disks(seed) for seed in range(count)]
    facts = Facts(tuple(one.origin for one in images), PHASES, False, 1)
    return trainings.add(workspace, ANN, "Disks", images, facts)


def packed(state: dict) -> bytes:
    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def work_off(workspace: Workspace, name: str = "one") -> int:
    handlers = {training.KIND: training.handler(lambda *names: start(), packed)}
    return worker.work_off(workspace, handlers, name)


def test_a_training_gives_a_network_and_what_is_known_of_it(workspace: Workspace):
    one = added(workspace, 4)
    assert training.last_job(workspace, one) is None
    training.enqueue(workspace, one, ASKED)
    assert trainings.find(workspace, BOB, one.id) is None
    assert work_off(workspace) == 1
    done = trainings.find(workspace, ANN, one.id)
    assert done is not None and done.result is not None and done.weights is not None
    assert (done.result.test, len(done.result.tested)) == ("left out", 4)
    assert done.standing is not None and done.standing.runs == 3 and len(done.standing.curve) == 2
    state = torch.load(io.BytesIO(workspace.blobs.read(done.weights)), weights_only=True)
    assert state["segmentation_head.0.weight"].shape[0] == 2
    assert not verify.verify(workspace).problems
    trainings.tidy(workspace)
    assert not trainings.folder(workspace, one.id).exists()
    trainings.delete(workspace, ANN, one.id)
    assert not list(workspace.blobs.folder.glob("*/*"))


def killing(monkeypatch: pytest.MonkeyPatch, step: int) -> Callable[[], None]:
    real = lesson.teach

    def teach(*args: object, **kwargs: object) -> object:
        report, seen = args[5], [0]

        def counted(stage: lesson.Stage) -> None:
            report(stage)
            seen[0] += 1
            if seen[0] == step:
                raise Killed

        return real(*args[:5], counted, *args[6:], **kwargs)

    monkeypatch.setattr("core.training.fine_tuning.lesson.teach", teach)
    return lambda: monkeypatch.setattr("core.training.fine_tuning.lesson.teach", real)


def test_another_worker_goes_on_where_one_was_killed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """Killed at step 30 of 40, after the checkpoint of step 20."""
    other = added(workspace)
    training.enqueue(workspace, other, ASKED)
    work_off(workspace)
    unbroken = trainings.find(workspace, ANN, other.id)
    one = added(workspace)
    training.enqueue(workspace, one, ASKED)
    mend = killing(monkeypatch, 30)
    with pytest.raises(Killed):
        work_off(workspace, "killed")
    mend()
    # It is still the dead worker's until its lease is over.
    assert work_off(workspace, "next") == 0
    queue.end_leases(workspace, "killed")
    steps: list[int] = []
    real = trainings.note

    def note(place: Workspace, training: str, standing: Standing) -> None:
        steps.append(standing.step)
        real(place, training, standing)

    monkeypatch.setattr("core.workspace.lab.trainings.note", note)
    assert work_off(workspace, "next") == 1
    assert steps[0] == 30
    done = trainings.find(workspace, ANN, one.id)
    assert done is not None and unbroken is not None
    assert done.result is not None and done.weights == unbroken.weights


def test_a_cancelled_training_goes_on_when_it_is_asked_for_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    one = added(workspace)
    training.enqueue(workspace, one, ASKED)
    real = trainings.note

    def note(*args: object) -> None:
        real(*args)
        training.cancel(workspace, one)

    monkeypatch.setattr("core.workspace.lab.trainings.note", note)
    work_off(workspace)
    monkeypatch.setattr("core.workspace.lab.trainings.note", real)
    job = training.last_job(workspace, one)
    assert job is not None and job.state == "cancelled"
    assert trainings.find(workspace, ANN, one.id).result is None
    assert (trainings.folder(workspace, one.id) / "run-0").is_dir()
    training.enqueue(workspace, one, ASKED)
    assert work_off(workspace) == 1
    assert trainings.find(workspace, ANN, one.id).result is not None


def test_a_full_disk_is_said_in_words(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    one = added(workspace)
    training.enqueue(workspace, one, ASKED)

    def full(*args: object) -> None:
        raise RuntimeError("[enforce fail] . PytorchStreamWriter failed writing file data/3")

    monkeypatch.setattr("core.training.checkpoint.torch.save", full)
    work_off(workspace)
    job = training.last_job(workspace, one)
    assert job is not None and job.state == "failed"
    assert "The disk of the workspace" in (job.error or "")


def test_images_count_for_the_quota_and_go_with_a_session(tmp_path: Path):
    small = Workspace(tmp_path, WorkspaceLimits(owner_bytes=1000, free_bytes=1))
    with pytest.raises(WorkspaceError, match="Your library holds 0 bytes"):
        added(small)
    place = Workspace(tmp_path / "other")
    images = [disks(0)]
    facts = Facts((images[0].origin,), PHASES, False, 1)
    trainings.add(place, "session:x", "Disks", images, facts)
    with place.database.write() as db:
        db.execute("UPDATE training SET created = created - 200000")
    retention.sweep(place)
    assert trainings.listed(place, "session:x") == ()


@pytest.mark.parametrize(
    ("best", "last", "steps"),
    [
        # Of 500 steps that were planned: all done; the time ran out after 7; no better for 300.
        (450, 500, 500),
        (7, 7, 7),
        (100, 400, 500),
    ],
)
def test_the_steps_that_there_was_time_for_are_those_done(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, best: int, last: int, steps: int
):
    monkeypatch.setattr("core.training.fine_tuning.start.FineTuning", FineTuning)
    curve = (CurvePoint(best, 1.0, 0.5), CurvePoint(last, 1.0, 0.4))
    result = Result("none", (), None, 1.0, 1.0, best, 40.0, 0.5, None, curve, "0" * 64, False)
    done = replace(added(workspace), standing=Standing(0, 1, best, 500, 40.0), result=result)
    assert training.steps_in_time(done) == steps
