"""The worker's loop: each job ends once, and with what it made."""

from __future__ import annotations

import threading

import pytest

from core.errors import Cancelled, FormatError
from core.jobs import queue, worker
from core.workspace.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def add(workspace, key="k"):
    return queue.enqueue(workspace, "anna", "test", key, {"number": 7})


def found(workspace, key="k"):
    return queue.find(workspace, "anna", key)


def work_off(workspace, handler, **options):
    """Run a worker until the queue is empty and the workspace tidy."""
    stop = threading.Event()

    def handle(*arguments):
        return handler(*arguments)

    def none_left(*arguments):
        job = take(*arguments)
        if job is None:
            stop.set()
        return job

    take = queue.take
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "take", none_left)
        return worker.work(workspace, {"test": handle}, "w", stop, **options)


def note(job, text):
    """Return what writes into the transaction that ends a job."""
    return lambda db: db.execute("UPDATE job SET message = ? WHERE id = ?", (text, job.id))


def test_what_a_job_made_is_kept_with_its_end(workspace):
    add(workspace)

    def handler(space, job, progress):
        progress(1, 2)
        progress(2, 2)
        return note(job, f"made of {job.params['number']}")

    assert work_off(workspace, handler) == "told"
    job = found(workspace)
    assert (job.state, job.message, job.done, job.total) == ("done", "made of 7", 2, 2)


def test_what_cannot_be_kept_leaves_nothing_behind(workspace):
    add(workspace)

    def handler(space, job, progress):
        def keep(db):
            note(job, "half")(db)
            raise ValueError("broken")

        return keep

    work_off(workspace, handler)
    job = found(workspace)
    assert (job.state, job.message) == ("failed", "")
    assert job.error.startswith("Unexpected error (ValueError)")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FormatError("a.tif is damaged."), "a.tif is damaged."),
        (MemoryError(), worker._NO_MEMORY),
    ],
)
def test_an_error_for_users_is_what_they_read(workspace, error, sentence):
    add(workspace)

    def handler(space, job, progress):
        raise error

    work_off(workspace, handler)
    assert (found(workspace).state, found(workspace).error) == ("failed", sentence)


def test_a_cancelled_job_stops_at_its_next_step(workspace):
    add(workspace)
    reached = []

    def handler(space, job, progress):
        progress(1, 3)
        queue.cancel(space, "anna", "k")
        reached.append("tile")
        progress(3, 3)
        reached.append("end")

    work_off(workspace, handler)
    assert (found(workspace).state, reached) == ("cancelled", ["tile"])


def test_a_worker_that_is_told_to_end_puts_its_job_back(workspace):
    add(workspace)
    stop = threading.Event()

    def handler(space, job, progress):
        stop.set()
        progress(1, 2)

    assert worker.work(workspace, {"test": handler}, "w", stop) == "told"
    assert (found(workspace).state, found(workspace).attempt) == ("queued", 0)


def test_the_lease_is_held_on_while_a_handler_is_busy(workspace, monkeypatch):
    monkeypatch.setattr(queue, "BEAT_SECONDS", 0.01)
    add(workspace)
    beats = threading.Semaphore(0)
    beat = queue.beat

    def counted(*arguments):
        held = beat(*arguments)
        beats.release()
        return held

    monkeypatch.setattr(queue, "beat", counted)

    def handler(space, job, progress):
        assert all(beats.acquire(timeout=60) for _ in range(3))
        return note(job, "")

    work_off(workspace, handler)
    assert found(workspace).state == "done"


def test_a_handler_that_goes_on_after_its_job_was_cancelled_is_given_up(workspace, monkeypatch):
    monkeypatch.setattr(queue, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(worker, "STUCK_SECONDS", 0.02)
    add(workspace)
    stuck = threading.Event()

    def handler(space, job, progress):
        queue.cancel(space, "anna", "k")
        assert stuck.wait(60)
        raise Cancelled

    work_off(workspace, handler, on_stuck=stuck.set)
    assert stuck.is_set() and found(workspace).state == "cancelled"


def test_a_handler_that_goes_on_after_its_worker_was_told_to_end_is_given_up(
    workspace, monkeypatch
):
    monkeypatch.setattr(worker, "END_SECONDS", 0.02)
    add(workspace)
    stop, stuck = threading.Event(), threading.Event()
    seen = []

    def on_stuck():
        seen.append(found(workspace))
        stuck.set()

    def handler(space, job, progress):
        stop.set()
        assert stuck.wait(60)
        return note(job, "too late")

    assert worker.work(workspace, {"test": handler}, "w", stop, on_stuck=on_stuck) == "told"
    assert [(job.state, job.attempt, job.worker) for job in seen] == [("queued", 0, None)]
    assert found(workspace) == seen[0]


def test_a_worker_whose_memory_grew_ends_between_two_jobs(workspace):
    add(workspace, "first")
    add(workspace, "second")
    ending = work_off(workspace, lambda space, job, progress: note(job, ""), most_bytes=1)
    assert ending == "memory"
    assert [found(workspace, key).state for key in ("first", "second")] == ["done", "queued"]


def test_a_lost_gpu_ends_the_worker_and_leaves_the_job_to_another(workspace):
    add(workspace)

    def handler(space, job, progress):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    assert work_off(workspace, handler) == "device"
    queue.end_leases(workspace, "w")
    assert queue.take(workspace, "other", ["test"]).attempt == 2
    assert not worker.is_device_lost(RuntimeError("shapes do not match"))


def test_what_nobody_needs_goes_while_no_job_waits(workspace):
    add(workspace, "old")
    work_off(workspace, lambda space, job, progress: note(job, ""))
    with workspace.database.write() as db:
        db.execute("UPDATE job SET finished = 1")
    add(workspace, "new")
    work_off(workspace, lambda space, job, progress: note(job, ""))
    assert (found(workspace, "old"), found(workspace, "new").state) == (None, "done")


def test_a_worker_in_a_thread_serves_the_process_until_it_is_stopped(workspace):
    done = threading.Event()

    def handler(space, job, progress):
        done.set()
        return note(job, "")

    end = worker.in_thread(workspace, {"test": handler}, "thread")
    add(workspace)
    assert done.wait(60)
    end()
    assert found(workspace).state == "done"
    add(workspace, "later")
    assert found(workspace, "later").state == "queued"


def test_a_worker_that_is_told_of_a_job_does_not_wait_for_its_next_look(workspace, monkeypatch):
    monkeypatch.setattr(worker, "POLL_SECONDS", 3600)
    added, has_looked, done = threading.Event(), threading.Event(), threading.Event()
    take = queue.take

    def look(*given):
        found = take(*given)
        has_looked.set()
        return found

    def handler(space, job, progress):
        done.set()
        return note(job, "")

    monkeypatch.setattr(queue, "take", look)
    end = worker.in_thread(workspace, {"test": handler}, "thread", added)
    assert has_looked.wait(60)
    add(workspace)
    added.set()
    assert done.wait(60)
    end()
    assert found(workspace).state == "done"
