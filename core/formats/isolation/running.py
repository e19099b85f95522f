"""Run a reader in a process of its own, with limits on memory, time, file size and open files.

For files that others made: a reader that crashes, hangs or takes all memory on one of them is
ended, and its user reads a sentence. A server process has the readers' libraries imported and forks
a child for each file, which takes milliseconds. Where the system cannot fork safely (macOS,
Windows) each file gets a process that starts from nothing.

A request is JSON on a socket or on standard input: a function by name, its folder and its job. The
files lie in the folder, and the arrays that the function returns are left there. The sockets are
pairs, whose other end the server is handed: no file names them, and nobody else can ask it.
"""

from __future__ import annotations

import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core import errors
from core.errors import FormatError, LimitError
from core.formats.isolation.own_folder import own_folder, remove_left_behind
from core.formats.reading.source import Source
from core.settings import Limits

_PROCESS = "core.formats.isolation.process"
_ROOT = Path(__file__).resolve().parents[3]
_ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
CAN_FORK = sys.platform == "linux"
_GRACE_SECONDS = 5.0
"""How much later than the child's own alarm the parent gives up."""


@dataclass(frozen=True)
class Answer:
    """What a function that ran in a child returned: ``arrays`` by name, and ``facts`` as JSON."""

    arrays: Mapping[str, np.ndarray]
    facts: Mapping[str, Any]


def run_isolated(
    function: str, files: Mapping[str, bytes], job: Mapping[str, Any], name: str, limits: Limits
) -> Answer:
    """Return what ``function``, run in a child, makes of ``files``.

    ``function``: "module:name" of a function from (folder, job, limits) to arrays by name, and
    facts; a LamellaError that it raises is raised here. ``files``: by the names that they get in
    the folder. ``name``: of the user's file, for messages.

    Raises:
        FormatError: the reader crashed, or says that the file cannot be read.
        LimitError: it took longer or more memory than the limits allow, or the disk is full.
    """
    with own_folder() as folder:
        try:
            _write(folder, files)
        except OSError as error:
            raise LimitError(
                f"{name} does not fit into the folder for temporary files ({error.strerror}); free "
                "some space there, or name another folder in TMPDIR."
            ) from error
        asked = {"function": function, "folder": str(folder), "job": job}
        request = asked | {"limits": asdict(limits)}
        begun = time.monotonic()
        try:
            answer = _ask(json.dumps(request).encode(), limits.seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise _too_slow(name, limits) from error
        if not answer and time.monotonic() - begun >= limits.seconds:
            raise _too_slow(name, limits)
        return _answer(answer, folder, name)


def run_isolated_once(
    function: str, files: Mapping[str, bytes], job: Mapping[str, Any], source: Source
) -> Answer:
    """Return what :func:`run_isolated` returns for a part of the work on ``source``, at once where
    this process is such a child already."""
    if not source.isolated:
        return run_isolated(function, files, job, source.name, source.limits)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), files)
        return Answer(*pkgutil.resolve_name(function)(Path(folder), job, source.limits))


def start_readers() -> None:
    """Start the process that forks readers, so that the first file does not wait for it."""
    if CAN_FORK:
        _server().start()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _answer(answer: bytes, folder: Path, name: str) -> Answer:
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise FormatError(
            f"{name} crashed its reader, most likely because it is damaged; copy it again from the "
            "microscope, or open it in the program that made it and save it as TIFF."
        ) from error
    match found.get("refused"):
        case None:
            arrays = {
                array: np.load(folder / f"{array}.npy", allow_pickle=False)
                for array in found["arrays"]
            }
            return Answer(arrays, found["facts"])
        case "memory":
            raise LimitError(
                f"{name} needs more memory than is allowed for one file; crop or bin it, or raise "
                "LAMELLA_MAX_DECODED_BYTES."
            )
        case kind:
            raise getattr(errors, kind)(found["sentence"])


def _too_slow(name: str, limits: Limits) -> LimitError:
    return LimitError(
        f"{name} took longer than {limits.seconds} s to read, most likely because it is damaged; "
        "copy it again, or raise LAMELLA_MAX_SECONDS."
    )


def _ask(request: bytes, seconds: float) -> bytes:
    """Return the answer to a request; b"" where the reader died."""
    if CAN_FORK:
        return _server().ask(request, seconds)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", _PROCESS],
            input=request + b"\n",
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    return ended.stdout


class _Server:
    """The process that forks readers; it ends with this process, and is started again where it was
    killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None

    def start(self) -> socket.socket:
        """Start the process unless it runs; return the socket over which it is handed others."""
        with self._lock:
            if self._control is None or self._process is None or self._process.poll() is not None:
                remove_left_behind()
                if self._control is not None:
                    self._control.close()
                self._control, self._process = _start()
                weakref.finalize(self, _end, self._control, self._process)
            return self._control

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Return the answer to a request; b"" where the reader died.

        Raises:
            TimeoutError: after so many seconds.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self.start(), [b"\0"], [theirs.fileno()])
            ours.settimeout(seconds)
            answer = b""
            try:
                ours.sendall(request + b"\n")
                while part := ours.recv(65536):
                    answer += part
            except (ConnectionResetError, BrokenPipeError):
                return b""
            return answer


def _start() -> tuple[socket.socket, subprocess.Popen]:
    ours, theirs = socket.socketpair()
    with theirs:
        return ours, subprocess.Popen(
            [sys.executable, "-m", _PROCESS, str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _end(control: socket.socket, process: subprocess.Popen) -> None:
    control.close()
    process.kill()
    process.wait()


@cache
def _server() -> _Server:
    return _Server()
