"""`lamella app`: which programs it runs, and where."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commands import app
from commands.terminal.worker_processes import visible_gpus, worker_environments
from core.errors import LamellaError
from core.settings import WorkerLimits


@pytest.fixture
def gpus(monkeypatch):
    """Set which GPUs the machine has."""
    found = []
    monkeypatch.setattr("commands.terminal.worker_processes.visible_gpus", lambda _: found)
    return found


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (4, 1), (7, 1), (8, 2), (64, 16)])
def test_without_a_gpu_four_cores_are_a_worker(gpus, cores, workers):
    environments = worker_environments({}, WorkerLimits(), cores)
    assert len(environments) == workers
    threads = {} if workers == 1 else {"OMP_NUM_THREADS": "4"}
    assert environments == [threads] * workers


def test_each_gpu_gets_a_worker_and_more_workers_share_them(gpus):
    gpus += ["0", "3"]
    assert worker_environments({}, WorkerLimits(), 64) == [
        {"CUDA_VISIBLE_DEVICES": "0"},
        {"CUDA_VISIBLE_DEVICES": "3"},
    ]
    three = worker_environments({}, WorkerLimits(count=3), 64)
    assert [one["CUDA_VISIBLE_DEVICES"] for one in three] == ["0", "3", "0"]


def test_an_admins_number_of_threads_and_workers_is_kept(gpus):
    chosen = {"OMP_NUM_THREADS": "3"}
    assert worker_environments(chosen, WorkerLimits(count=2), 8) == [{}, {}]
    assert worker_environments({}, WorkerLimits(count=0), 8) == []


def test_gpus_are_those_of_the_machine_or_those_chosen(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert visible_gpus({}, tmp_path) == ["0", "1"]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path) == ["1"]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == []


def test_the_server_is_told_of_the_workspace_the_samples_and_the_workers(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = {"LAMELLA_SAMPLES": "samples", "PATH": "/bin"}
    assert app.server_environment(given, Path("/data"), 2) == {
        "LAMELLA_SAMPLES": str(tmp_path / "samples"),
        "PATH": "/bin",
        "LAMELLA_WORKSPACE": "/data",
        "LAMELLA_WORKERS": "2",
    }


def test_commands_name_the_worker_and_the_address():
    assert app.worker_command("w-1") == [sys.executable, "-m", "cli", "worker", "--name", "w-1"]
    assert app.trainer_command("t-1") == [*app.worker_command("t-1"), "--train"]
    command = next(app.server_commands("127.0.0.1", 8502, opens_browser=False))
    assert command[:5] == [sys.executable, "-m", "streamlit", "run", "app.py"]
    assert "--server.address=127.0.0.1" in command and "--server.port=8502" in command


def test_only_the_first_start_of_the_server_opens_a_browser():
    commands = app.server_commands("127.0.0.1", 8502, opens_browser=True)
    opens = ["--server.headless=false" in next(commands) for _ in range(3)]
    assert opens == [True, False, False]


@pytest.mark.parametrize(("text", "count"), [("0", 0), ("3", 3), (None, None)])
def test_the_number_of_workers_comes_from_the_environment(monkeypatch, text, count):
    monkeypatch.delenv("LAMELLA_WORKERS", raising=False)
    if text is not None:
        monkeypatch.setenv("LAMELLA_WORKERS", text)
    monkeypatch.setenv("LAMELLA_MAX_WORKER_BYTES", "5000")
    assert WorkerLimits.from_environment() == WorkerLimits(count, 5000)


def test_a_number_of_workers_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("LAMELLA_WORKERS", "two")
    with pytest.raises(LamellaError, match="LAMELLA_WORKERS is 'two'"):
        WorkerLimits.from_environment()
