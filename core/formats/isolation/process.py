"""The process that readers run in, started by ``core.formats.isolation.running``.

With the number of a socket and that of the process that started it, it forks a child for each other
socket that it is handed there; without, it is the child and does the one request on standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import LamellaError
from core.settings import Limits

_BASE_BYTES = 3_000_000_000
"""Address space of Python with its libraries, before any image."""
_MOST_FILES = 64


def answer_to(request: bytes) -> bytes:
    """Do what a request asks for under its limits; return the answer."""
    asked = json.loads(request)
    limits, folder = Limits(**asked["limits"]), Path(asked["folder"])
    tempfile.tempdir = str(folder)
    _limit_resources(limits)
    answer: dict[str, Any]
    try:
        arrays, facts = pkgutil.resolve_name(asked["function"])(folder, asked["job"], limits)
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        answer = {"arrays": list(arrays), "facts": facts}
    except MemoryError:
        answer = {"refused": "memory"}
    except LamellaError as error:
        answer = {"refused": type(error).__name__, "sentence": str(error)}
    return json.dumps(answer).encode()


def _limit_resources(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    most = {
        resource.RLIMIT_AS: _BASE_BYTES + 4 * limits.decoded_bytes,
        resource.RLIMIT_CPU: limits.seconds,
        # A grey level takes 4 bytes and whether there is one another.
        resource.RLIMIT_FSIZE: max(limits.file_bytes, limits.decoded_bytes, 8 * limits.pixels),
        resource.RLIMIT_NOFILE: _MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in most.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    # The system ends the process, also inside a call of C that never returns.
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def _serve(descriptor: int, parent: int) -> None:
    """Fork a child for each request until the process ``parent`` has gone."""
    from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer

    class Request(StreamRequestHandler):
        server: UnixStreamServer

        def handle(self) -> None:
            self.server.socket.close()
            self.wfile.write(answer_to(self.rfile.readline()))

    class Server(ForkingMixIn, UnixStreamServer):
        max_children = 2 * (os.cpu_count() or 1) + 2

        def get_request(self) -> tuple[socket.socket, str]:
            _, handed, _, _ = socket.recv_fds(self.socket, 1, 1)
            if not handed:
                sys.exit()
            return socket.socket(fileno=handed[0]), ""

        def service_actions(self) -> None:
            super().service_actions()
            # Once there is nothing to do, as the import takes a while.
            import_rosettasciio()
            if os.getppid() != parent:
                sys.exit()

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # An empty answer says it.

    server = Server("", Request, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.serve_forever()


@cache
def import_rosettasciio() -> None:
    """Import the readers of RosettaSciIO that are used, where it is installed."""
    # What keeps it from being imported is said in the child.
    with suppress(Exception):
        for plugin in ("bruker", "digitalmicrograph", "jeol", "phenom", "tia"):
            importlib.import_module(f"rsciio.{plugin}")
    gc.freeze()


def _import_readers() -> None:
    """Import all that a child may need, and let it find the memory unchanged."""
    import h5py  # noqa: F401
    import imagecodecs
    import PIL.Image

    from core.formats import modules, vendors

    modules()
    vendors.modules()
    PIL.Image.init()
    for codec in ("lzw_decode", "deflate_decode", "jpeg_decode", "packbits_decode"):
        getattr(imagecodecs, codec)
    gc.disable()
    gc.freeze()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _import_readers()
        _serve(*map(int, sys.argv[1:]))
    else:
        os.write(1, answer_to(sys.stdin.buffer.readline()))
