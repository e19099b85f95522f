"""Programs that are kept running, and that end with their supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.jobs import supervisor
from core.jobs.supervisor import Program, supervise

REPOSITORY = Path(__file__).resolve().parents[3]


def python(title, code, is_essential=False):
    """Return a program that runs ``code``; sys.argv[1] in it is the name of the start."""
    command = [sys.executable, "-S", "-c", f"import os, signal, sys, time\n{code}"]
    return Program(title, lambda name: [*command, name], dict(os.environ), is_essential)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(supervisor, "_POLL_SECONDS", 0.005)


def stopped_after(count, ends):
    """Return an event to stop by, and what sets it after so many ends."""
    stop = threading.Event()

    def on_end(end):
        ends.append(end)
        if len(ends) == count:
            stop.set()

    return stop, on_end


def test_what_dies_starts_again_under_a_new_name_after_a_growing_pause(quick):
    ends = []
    stop, on_end = stopped_after(4, ends)
    assert supervise([python("worker 1", "sys.exit(3)")], stop, on_end) == 0
    assert [end.status for end in ends] == [3] * 4
    assert [end.pause_seconds for end in ends] == [0.001, 0.002, 0.004, 0.008]
    assert len({end.name for end in ends}) == 4
    assert ends[0].name.startswith("worker-1-")
    assert ends[0].in_words == "worker 1 ended with status 3; it starts again in 0.001 s"


def test_a_pause_has_an_end_and_begins_anew_after_a_sound_run(quick, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.003)
    ends = []
    stop, on_end = stopped_after(4, ends)
    supervise([python("w", "sys.exit(3)")], stop, on_end)
    assert [end.pause_seconds for end in ends] == [0.001, 0.002, 0.003, 0.003]
    monkeypatch.setattr(supervisor, "SOUND_SECONDS", 0.0)
    ends.clear()
    stop, on_end = stopped_after(2, ends)
    supervise([python("w", "sys.exit(3)")], stop, on_end)
    assert [end.pause_seconds for end in ends] == [0.001, 0.001]


def test_what_asks_to_be_started_anew_is_at_once(quick):
    ends = []
    stop, on_end = stopped_after(3, ends)
    supervise([python("worker", f"sys.exit({supervisor.RESTART})")], stop, on_end)
    assert [end.pause_seconds for end in ends] == [0, 0, 0]
    assert ends[0].in_words == "worker asked for a new process and gets it at once"


def test_without_what_is_essential_all_is_given_up(quick, tmp_path):
    ends, written, kept = [], tmp_path / "written", tmp_path / "pid"
    other = python(
        "other",
        f"with open({str(written)!r}, 'w') as file: file.write(str(os.getpid()))\n"
        f"os.rename({str(written)!r}, {str(kept)!r})\ntime.sleep(60)",
    )
    server = python(
        "server",
        f"while not os.path.exists({str(kept)!r}): time.sleep(0.01)\nos.kill(os.getpid(), 9)",
        is_essential=True,
    )
    assert supervise([other, server], threading.Event(), ends.append) == 1
    assert len(ends) == supervisor.MOST_DEATHS
    assert ends[-1].in_words == "server ended by signal 9, 5 times in a row; giving up"
    with pytest.raises(ProcessLookupError):
        os.kill(int(kept.read_text()), 0)


def stopped_once_it_runs(code, folder):
    """Supervise ``code`` until it has made ``folder/runs``; return the titles of the stopped."""
    stop, stopped, runs = threading.Event(), [], folder / "runs"

    def stop_when_it_runs():
        while not runs.exists():
            time.sleep(0.01)
        stop.set()

    threading.Thread(target=stop_when_it_runs, daemon=True).start()
    program = python("program", f"{code}\nopen({str(runs)!r}, 'w')\ntime.sleep(60)")
    assert supervise([program], stop, pytest.fail, stopped.append) == 0
    return [name.rsplit("-", 1)[0] for name in stopped]


def test_at_the_end_a_program_is_asked_first(quick, monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "END_SECONDS", 60.0)
    asked = tmp_path / "asked"
    code = f"signal.signal(15, lambda *_: (open({str(asked)!r}, 'w'), sys.exit()))"
    assert stopped_once_it_runs(code, tmp_path) == ["program"]
    assert asked.exists()


def test_what_does_not_end_when_asked_is_killed(quick, monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "END_SECONDS", 0.02)
    begun = time.monotonic()
    assert stopped_once_it_runs("signal.signal(15, signal.SIG_IGN)", tmp_path) == ["program"]
    assert time.monotonic() - begun < 40


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends orphans")
def test_a_supervisor_that_is_killed_leaves_nobody_behind():
    program = (
        "import os, sys, threading\n"
        "from core.jobs.supervisor import Program, supervise\n"
        "child = [sys.executable, '-S', '-c', 'import os, time; print(os.getpid(), flush=True);"
        " time.sleep(60)']\n"
        "supervise([Program('child', lambda name: child, dict(os.environ))],"
        " threading.Event(), print)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with running:
        pid = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
        # The child holds the other end, and the kernel closes it on the way to ending the child.
        assert running.stdout.read() == ""
    latest = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < latest:
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        # An orphan that nobody reaps stays a zombie.
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
