"""The threads of a server share arenas of the GNU C library."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pages.components.frame.work.arenas import ARENAS

REPOSITORY = Path(__file__).resolve().parents[3]
THREADS = 6
COUNT = f"""
import ctypes, sys, threading
from pages.components.frame.work.arenas import share_arenas
if sys.argv[1] == "shared":
    share_arenas()
libc, at_once = ctypes.CDLL(None), threading.Barrier({THREADS} + 1)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
def allocate():
    libc.malloc(1000)
    at_once.wait(60)
    at_once.wait(60)
for _ in range({THREADS}):
    threading.Thread(target=allocate).start()
at_once.wait(60)
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
at_once.wait(60)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_threads_share_arenas_unless_the_environment_says_how_many() -> None:
    def arenas(how: str, **environment: str) -> int:
        inherited = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
        done = subprocess.run(
            [sys.executable, "-c", COUNT, how],
            cwd=REPOSITORY,
            env=inherited | environment,
            capture_output=True,
            timeout=60,
            check=True,
        )
        return done.stdout.count(b"<heap nr=")

    assert arenas("alone") > ARENAS
    assert arenas("shared") == ARENAS
    assert arenas("shared", MALLOC_ARENA_MAX="3") == 3
