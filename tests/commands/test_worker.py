"""`lamella worker`: how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# For minutes in C, as in a network: no handler of Python's runs meanwhile.
BUSY = """
import hashlib, os, threading
from commands.worker import _stop_at_signals
stop = _stop_at_signals()
threading.Thread(target=lambda: (stop.wait(), os._exit(7)), daemon=True).start()
print("busy", flush=True)
hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_is_heard_while_the_network_runs(name):
    running = subprocess.Popen(
        [sys.executable, "-c", BUSY], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout.readline() == "busy\n"
        try:
            running.send_signal(getattr(signal, name))
            assert running.wait(30) == 7
        finally:
            running.kill()
