"""The app on a free port of this machine, and what it uses of the processor and of memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 300


@dataclass(frozen=True)
class AppServer:
    """A running app. ``address``: without a slash at the end. ``pid``: of its process."""

    address: str
    pid: int

    def processor_seconds(self) -> float:
        """Return the processor time that the server has used so far; on Linux only."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Return the resident memory of the server (RSS); on Linux only."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def app_server(
    options: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> Iterator[AppServer]:
    """Start the app, wait until it answers, and end it.

    ``options``: of ``streamlit run``, such as ``--runner.postScriptGC=true``. ``environment``: in
    addition to this process's own. What the app keeps goes with it, unless they name a folder.

    Raises:
        RuntimeError: a server that did not start; its log is in the message.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1"]
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*command, f"--server.port={port}", *options],
            cwd=REPOSITORY,
            env={**os.environ, "LAMELLA_WORKSPACE": folder, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _answers(f"http://127.0.0.1:{port}/_stcore/health", process):
                log.seek(0)
                raise RuntimeError(f"The app did not start: {log.read().decode()[-2000:]}")
            yield AppServer(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait()


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False
