"""The queue: who gets which job, and what becomes of it when a worker dies."""

from __future__ import annotations

import threading

import pytest

from core.jobs import order, queue
from core.jobs.queue import LeaseLost
from core.workspace.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def clock(monkeypatch):
    """A monotonic clock that a test sets."""
    now = [1000.0]
    monkeypatch.setattr(queue.time, "monotonic", lambda: now[0])
    return now


def add(workspace, owner, key, **options):
    return queue.enqueue(workspace, owner, "segment", key, {"image": key}, **options)


def take(workspace, worker="w"):
    return queue.take(workspace, worker, ["segment"])


def end(workspace, job):
    with workspace.database.write() as db:
        queue.finish(db, job)


def test_a_job_is_run_once_and_keeps_its_parameters(workspace):
    added = add(workspace, "anna", "k")
    assert (added.state, added.attempt, added.params) == ("queued", 0, {"image": "k"})
    job = take(workspace)
    assert (job.id, job.state, job.attempt, job.worker) == (added.id, "running", 1, "w")
    assert take(workspace, "other") is None
    queue.report(workspace, job, 2, 5)
    running = queue.find(workspace, "anna", "k")
    assert (running.done, running.total) == (2, 5)
    end(workspace, job)
    ended = queue.find(workspace, "anna", "k")
    assert ended.state == "done" and ended.created <= ended.started <= ended.finished
    assert take(workspace) is None


def test_an_owner_has_one_open_job_of_a_key(workspace):
    first = add(workspace, "anna", "k")
    assert add(workspace, "anna", "k").id == first.id
    assert add(workspace, "ben", "k").id != first.id
    end(workspace, take(workspace))
    assert add(workspace, "anna", "k").id != first.id


def test_owners_take_turns_and_interactive_goes_first(workspace):
    for number in range(3):
        add(workspace, "anna", f"a{number}", priority=queue.BATCH)
    for number in range(2):
        add(workspace, "ben", f"b{number}", priority=queue.BATCH)
    add(workspace, "cleo", "c", priority=queue.INTERACTIVE)
    one_worker = []
    while job := take(workspace):
        one_worker.append(job.key)
        end(workspace, job)
    assert one_worker == ["c", "a0", "b0", "a1", "b1", "a2"]


def test_who_has_jobs_running_waits_for_who_has_none(workspace):
    for number in range(3):
        add(workspace, "anna", f"a{number}")
    assert [take(workspace, f"w{n}").key for n in range(2)] == ["a0", "a1"]
    add(workspace, "ben", "b")
    assert take(workspace, "w3").key == "b"


def test_only_the_kinds_asked_for_are_taken(workspace):
    add(workspace, "anna", "k")
    assert queue.take(workspace, "w", ["train"]) is None


def test_a_dead_workers_job_goes_to_another_and_ends_once(workspace, clock):
    add(workspace, "anna", "k")
    dead = take(workspace, "dead")
    clock[0] += order.LEASE_SECONDS - 1
    assert take(workspace, "other") is None
    assert queue.beat(workspace, dead)
    clock[0] += order.LEASE_SECONDS - 1
    assert take(workspace, "other") is None
    clock[0] += 2
    job = take(workspace, "other")
    assert (job.id, job.attempt) == (dead.id, 2)
    assert not queue.beat(workspace, dead)
    for late in (
        lambda: end(workspace, dead),
        lambda: queue.fail(workspace, dead, "late"),
        lambda: queue.report(workspace, dead, 1, 2),
    ):
        with pytest.raises(LeaseLost):
            late()
    end(workspace, job)
    assert queue.find(workspace, "anna", "k").state == "done"


def test_the_same_worker_cannot_end_an_earlier_attempt_of_its_own(workspace, clock):
    add(workspace, "anna", "k")
    first = take(workspace, "w")
    clock[0] += order.LEASE_SECONDS + 1
    again = take(workspace, "w")
    with pytest.raises(LeaseLost):
        end(workspace, first)
    end(workspace, again)


def test_a_result_of_who_lost_the_lease_is_not_written(workspace):
    add(workspace, "anna", "k")
    job = take(workspace)
    queue.cancel(workspace, "anna", "k")
    with pytest.raises(LeaseLost), workspace.database.write() as db:
        db.execute("UPDATE job SET message = 'a result' WHERE id = ?", (job.id,))
        queue.finish(db, job)
    assert queue.find(workspace, "anna", "k").message == ""


def test_after_a_restart_of_the_machine_a_lease_is_over(workspace, clock):
    add(workspace, "anna", "k")
    take(workspace, "before")
    clock[0] = 5.0
    assert take(workspace, "after").attempt == 2


def test_three_deaths_end_in_a_sentence(workspace):
    add(workspace, "anna", "k")
    for attempt in (1, 2, 3):
        assert take(workspace, f"w{attempt}").attempt == attempt
        queue.end_leases(workspace, f"w{attempt}")
    assert take(workspace) is None
    job = queue.find(workspace, "anna", "k")
    assert job.state == "failed" and job.error.startswith("The worker died 3 times on this image")
    assert add(workspace, "anna", "k").attempt == 0


def test_a_worker_that_is_told_to_end_costs_no_attempt(workspace):
    add(workspace, "anna", "k")
    for _ in range(5):
        queue.put_back(workspace, take(workspace))
    assert take(workspace).attempt == 1


def test_what_a_worker_that_was_ended_had_waits_again_at_no_attempts_cost(workspace):
    add(workspace, "anna", "mine")
    add(workspace, "anna", "other")
    for _ in range(5):
        queue.report(workspace, take(workspace, "ended"), 3, 5)
        other = take(workspace, "other")
        queue.put_back_all(workspace, "ended")
        job = queue.find(workspace, "anna", "mine")
        assert (job.state, job.attempt, job.worker, job.done) == ("queued", 0, None, 0)
        assert queue.beat(workspace, other)
        queue.put_back(workspace, other)


def test_cancel_takes_a_waiting_job_away_and_a_running_one_from_its_worker(workspace):
    add(workspace, "anna", "waits")
    queue.cancel(workspace, "anna", "waits")
    assert take(workspace) is None
    add(workspace, "anna", "runs")
    job = take(workspace)
    queue.cancel(workspace, "ben", "runs")
    assert queue.beat(workspace, job)
    queue.cancel(workspace, "anna", "runs")
    assert not queue.beat(workspace, job)
    assert queue.find(workspace, "anna", "runs").state == "cancelled"


def test_the_place_in_the_queue_and_the_time_left(workspace):
    first = add(workspace, "anna", "a0")
    assert order.place(workspace, first) == order.Place(0, None)
    end(workspace, take(workspace))
    with workspace.database.write() as db:
        db.execute("UPDATE job SET started = 100, finished = 110 WHERE id = ?", (first.id,))
    for number in (1, 2, 3):
        add(workspace, "anna", f"a{number}")
    ben = add(workspace, "ben", "b")
    running = take(workspace)
    assert running.key == "b"
    assert order.place(workspace, running) == order.Place(0, 10.0)
    last = queue.find(workspace, "anna", "a3")
    assert order.place(workspace, last) == order.Place(3, 40.0)
    queue.report(workspace, running, 1, 4)
    with workspace.database.write() as db:
        db.execute("UPDATE job SET started = unixepoch('subsec') - 20 WHERE id = ?", (ben.id,))
    left = order.place(workspace, queue.find(workspace, "ben", "b")).seconds_left
    assert left == pytest.approx(60, abs=2)
    # Its objects are counted now, and nobody knows how long that takes.
    queue.report(workspace, running, 4, 4)
    assert order.place(workspace, queue.find(workspace, "ben", "b")).seconds_left is None


def test_ended_jobs_are_forgotten_and_open_ones_are_not(workspace):
    add(workspace, "anna", "done")
    end(workspace, take(workspace))
    add(workspace, "anna", "open")
    with workspace.database.write() as db:
        db.execute("UPDATE job SET created = 0, finished = iif(state = 'done', 1, NULL)")
    queue.forget_ended(workspace)
    assert queue.find(workspace, "anna", "done") is None
    assert queue.find(workspace, "anna", "open").state == "queued"


def test_workers_side_by_side_take_every_job_once(workspace):
    for number in range(40):
        add(workspace, f"owner {number % 4}", str(number))
    taken = []

    def work(name):
        while job := take(workspace, name):
            taken.append(job.id)
            end(workspace, job)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40
