"""`lamella app` with its server and its workers, to be killed and started again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server.killing.users import VISITORS

REPOSITORY = Path(__file__).resolve().parents[3]
# Without the growing pause between starts: here every program dies again and again.
APP = """
import sys
from core.jobs import supervisor
supervisor.SOUND_SECONDS, supervisor.FIRST_PAUSE_SECONDS = 0.0, 0.05
import cli
sys.exit(cli.main(["app", "--port", sys.argv[1]]))
"""
ORPHAN_SECONDS = 60.0


class App:
    """`lamella app`, which can be started again on the same port."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._log = folder.with_suffix(".log")
        self._environment = {
            **os.environ,
            "LAMELLA_WORKSPACE": str(folder),
            "LAMELLA_WORKERS": str(workers),
            "LAMELLA_OWNER": VISITORS,
        }
        self._start()

    @property
    def pid(self) -> int:
        """Of its process now."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def children(self, word: str) -> list[int]:
        """Return its processes with this word in their command."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in path.read_text().split() if word in command(int(pid))]

    def kill(self) -> None:
        """Kill it, and start it again once its server and workers have ended with it.

        Raises:
            RuntimeError: one of them goes on without it.
        """
        orphans = [*self.children("streamlit"), *self.children("worker")]
        self._process.kill()
        self._process.wait()
        until = time.monotonic() + ORPHAN_SECONDS
        # What has ended, and nobody has asked how, has an empty command.
        while any(any(command(pid)) for pid in orphans):
            if time.monotonic() > until:
                raise RuntimeError("A server or a worker outlives lamella app.")
            time.sleep(0.05)
        self._start()

    def end(self) -> None:
        """End it for good."""
        self._process.terminate()
        self._process.wait()
        self._log.unlink(missing_ok=True)

    def _start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", APP, str(self._port)],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def running(folder: Path, workers: int) -> Iterator[App]:
    """Run `lamella app` in the workspace ``folder`` meanwhile."""
    app = App(folder, workers)
    try:
        yield app
    finally:
        app.end()


def command(pid: int) -> list[str]:
    """Return the command of a process, empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
